// What ZeroMQ itself can do: moves the three frames of an envelope between two processes, with nothing around them.
//
//   wire-in-c publish ENDPOINT COUNT PAYLOAD-BYTES SUBSCRIBERS [KEYS]
//   wire-in-c subscribe ENDPOINT[,ENDPOINT…] COUNT [KEYS]
//   wire-in-c ping ENDPOINT PEER COUNT                        wire-in-c pong ENDPOINT PEER
//
// With `-one` behind the mode (publish-one …) an envelope is one frame as buses send it to each other.
//
// The publishing side binds, the subscribing side connects; no queue has a limit that matters, so nothing is lost. With a
// folder of the certificates publisher and subscriber everything is encrypted, with CURVE; whoever has the publisher's public
// key is let in.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

static const char subject[] = "graph.run.r17.start";
static const char header[] =
    "{\"v\":1,\"origin\":\"d4i1q0mc1l2v3k4j5h60\",\"id\":\"d4i1q0mc1l2v3k4j5h6g\","
    "\"time\":\"2026-11-24T07:11:52.123456789Z\",\"source\":\"planner\",\"headers\":{\"run_id\":\"r17\"},"
    "\"seq\":123456}";

// What stands between a subject and a payload in one frame: number, id, time, source, a header, and the name of the payload,
// whose length follows.
static const char fields[] =
    "\377\001\010\0\0\0\0\0\001\342\100\002\014abcdefghijkl\004\010abcdefgh\006\007planner\011\012\006run_idr17\0";
static int is_one_frame;

static void check(int is_good, const char *what) {
    if (is_good) return;
    fprintf(stderr, "wire-in-c: %s: %s\n", what, zmq_strerror(zmq_errno()));
    exit(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

// Seconds of processor time that the process has taken.
static double processor_time(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

static void *open_socket(void *context, int type) {
    void *socket = zmq_socket(context, type);
    check(socket != NULL, "zmq_socket");
    int is_publisher = type == ZMQ_XPUB;
    int limit = is_publisher ? 2000000 : 0, unlimited = 0, linger = is_publisher ? 30000 : 0;
    check(zmq_setsockopt(socket, ZMQ_SNDHWM, &limit, sizeof limit) == 0, "ZMQ_SNDHWM");
    check(zmq_setsockopt(socket, ZMQ_RCVHWM, &unlimited, sizeof unlimited) == 0, "ZMQ_RCVHWM");
    // Silence for so long means that the other side has gone without ending this one.
    int patience = 30000;
    check(zmq_setsockopt(socket, ZMQ_RCVTIMEO, &patience, sizeof patience) == 0, "ZMQ_RCVTIMEO");
    check(zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger) == 0, "ZMQ_LINGER");
    return socket;
}

// Finds a key in a certificate that event-bench has written: 40 characters in quotation marks.
static void read_key(const char *folder, const char *file, const char *name, char key[41]) {
    char path[1000], line[200], format[100];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    snprintf(format, sizeof format, " %s = \"%%40[^\"]", name);
    FILE *certificate = fopen(path, "r");
    check(certificate != NULL, path);
    key[0] = 0;
    while (key[0] == 0 && fgets(line, sizeof line, certificate) != NULL) sscanf(line, format, key);
    fclose(certificate);
}

static void set_key(void *socket, int option, const char *folder, const char *file, const char *name) {
    char key[41];
    read_key(folder, file, name, key);
    check(zmq_setsockopt(socket, option, key, 40) == 0, name);
}

static void *open_publisher(void *context, const char *endpoint, const char *keys) {
    void *socket = open_socket(context, ZMQ_XPUB);
    // Each subscriber is told of, also of what another one has subscribed to.
    int is_verbose = 1;
    check(zmq_setsockopt(socket, ZMQ_XPUB_VERBOSE, &is_verbose, sizeof is_verbose) == 0, "ZMQ_XPUB_VERBOSE");
    if (keys != NULL) {
        int is_server = 1;
        check(zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &is_server, sizeof is_server) == 0, "ZMQ_CURVE_SERVER");
        set_key(socket, ZMQ_CURVE_SECRETKEY, keys, "publisher.key_secret", "secret-key");
    }
    check(zmq_bind(socket, endpoint) == 0, endpoint);
    return socket;
}

static void *open_subscriber(void *context, char *endpoints, const char *prefix, const char *keys) {
    void *socket = open_socket(context, ZMQ_SUB);
    if (keys != NULL) {
        set_key(socket, ZMQ_CURVE_SERVERKEY, keys, "publisher.key", "public-key");
        set_key(socket, ZMQ_CURVE_PUBLICKEY, keys, "subscriber.key", "public-key");
        set_key(socket, ZMQ_CURVE_SECRETKEY, keys, "subscriber.key_secret", "secret-key");
    }
    void *events = open_socket(context, ZMQ_PAIR);
    const char *monitor = "inproc://handshakes";
    check(zmq_socket_monitor(socket, monitor, ZMQ_EVENT_HANDSHAKE_SUCCEEDED) == 0, "zmq_socket_monitor");
    check(zmq_connect(events, monitor) == 0, monitor);
    int missing = 0;
    for (char *endpoint = strtok(endpoints, ","); endpoint != NULL; endpoint = strtok(NULL, ",")) {
        check(zmq_connect(socket, endpoint) == 0, endpoint);
        missing++;
    }
    // All publishers hear of the subscription at the same time, so none of them is done before another one begins.
    for (char event[1000]; missing > 0; missing--) {
        for (int frame = 0; frame < 2; frame++) check(zmq_recv(events, event, sizeof event, 0) >= 0, "zmq_recv");
    }
    zmq_socket_monitor(socket, NULL, 0);
    zmq_close(events);
    char topic[100];
    snprintf(topic, sizeof topic, "%s%s", is_one_frame ? "\376" : "", prefix);
    check(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, topic, strlen(topic)) == 0, "ZMQ_SUBSCRIBE");
    return socket;
}

// Control topics of other programs come the same way; only a subscription that begins like `prefix` counts.
static void await_subscriber(void *publisher, char prefix) {
    char notice[256];
    do {
        check(zmq_recv(publisher, notice, sizeof notice, 0) >= 1, "zmq_recv");
    } while (notice[0] != 1 || notice[1] != (is_one_frame ? (char)0xFE : prefix));
}

static size_t put_varint(char *place, size_t value) {
    size_t count = 0;
    for (; value > 127; value >>= 7) place[count++] = (char)(value | 128);
    place[count++] = (char)value;
    return count;
}

static void send_frame(void *socket, const char *topic, const char *payload, size_t count) {
    char payload_length[10];
    size_t topic_length = strlen(topic), fields_length = sizeof fields - 1, digits = put_varint(payload_length, count);
    zmq_msg_t frame;
    check(zmq_msg_init_size(&frame, 1 + topic_length + fields_length + digits + count) == 0, "zmq_msg_init_size");
    char *data = zmq_msg_data(&frame);
    *data++ = (char)0xFE;
    memcpy(data, topic, topic_length);
    memcpy(data += topic_length, fields, fields_length);
    memcpy(data += fields_length, payload_length, digits);
    memcpy(data + digits, payload, count);
    check(zmq_msg_send(&frame, socket, 0) >= 0, "zmq_msg_send");
}

static void send_envelope(void *socket, const char *topic, const char *payload, size_t count) {
    if (is_one_frame) {
        send_frame(socket, topic, payload, count);
        return;
    }
    check(zmq_send(socket, topic, strlen(topic), ZMQ_SNDMORE) >= 0, "zmq_send");
    check(zmq_send(socket, header, sizeof header - 1, ZMQ_SNDMORE) >= 0, "zmq_send");
    check(zmq_send(socket, payload, count, 0) >= 0, "zmq_send");
}

// How many envelopes are in a frame: behind the subject each has fields, of which the payload, whose name is 0, is the last.
static long count_envelopes(const unsigned char *data, size_t count) {
    const unsigned char *end = data + count, *place = memchr(data, 0xFF, count);
    long envelopes = 0;
    for (place = place == NULL ? end : place + 1; place < end;) {
        if (*place++ == 0) envelopes++;
        size_t length = 0;
        for (int shift = 0; place < end; shift += 7) {
            length |= (size_t)(*place & 127) << shift;
            if (*place++ < 128) break;
        }
        place += length;
    }
    return envelopes;
}

// Receives all frames of a message, and adds up how many bytes they have; returns how many envelopes are in it.
static long receive_envelopes(void *socket, size_t *bytes) {
    long envelopes = 1;
    int more = 1, is_first = 1;
    while (more) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        check(zmq_msg_recv(&frame, socket, 0) >= 0, "zmq_msg_recv");
        if (is_one_frame && is_first) envelopes = count_envelopes(zmq_msg_data(&frame), zmq_msg_size(&frame));
        *bytes += zmq_msg_size(&frame);
        more = zmq_msg_more(&frame);
        is_first = 0;
        zmq_msg_close(&frame);
    }
    return envelopes;
}

static void publish(void *context, const char *endpoint, char **words) {
    long count = atol(words[0]), subscribers = atol(words[2]);
    size_t payload_count = (size_t)atol(words[1]);
    void *publisher = open_publisher(context, endpoint, words[3]);
    char *payload = malloc(payload_count + 1);
    memset(payload, 'x', payload_count);
    for (long seen = 0; seen < subscribers; seen++) await_subscriber(publisher, 'g');
    // A bus that subscribes waits some time for a confirmation that a program like this does not give, and what came
    // meanwhile would take no time to read.
    usleep(300000);
    double began = now(), start = processor_time();
    for (long sent = 0; sent < count; sent++) send_envelope(publisher, subject, payload, payload_count);
    free(payload);
    zmq_close(publisher);
    while (zmq_ctx_term(context) != 0 && zmq_errno() == EINTR) {}
    printf("{\"processor\":%.9f,\"began\":%.9f}\n", processor_time() - start, began);
}

static void subscribe(void *context, char *endpoints, long count, const char *keys) {
    void *subscriber = open_subscriber(context, endpoints, "graph.", keys);
    size_t bytes = 0;
    long received = receive_envelopes(subscriber, &bytes);
    double start = now(), processor = processor_time();
    while (received < count) received += receive_envelopes(subscriber, &bytes);
    double ended = now();
    printf("{\"received\":%ld,\"seconds\":%.9f,\"processor\":%.9f,\"ended\":%.9f,\"bytes\":%zu}\n", count,
           ended - start, processor_time() - processor, ended, bytes);
    zmq_close(subscriber);
    zmq_ctx_term(context);
}

static int ascending(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static void ping(void *context, const char *endpoint, char *peer, long count) {
    void *publisher = open_publisher(context, endpoint, NULL);
    void *subscriber = open_subscriber(context, peer, "pong", NULL);
    double *times = malloc(sizeof(double) * (size_t)count);
    await_subscriber(publisher, 'p');
    // The peer says once that it hears us; then its subscription and ours are both in effect.
    size_t bytes = 0;
    receive_envelopes(subscriber, &bytes);
    for (long trip = -count / 10; trip < count; trip++) {
        double start = now();
        send_envelope(publisher, "ping", "", 0);
        receive_envelopes(subscriber, &bytes);
        if (trip >= 0) times[trip] = (now() - start) * 1e6;
    }
    qsort(times, (size_t)count, sizeof(double), ascending);
    printf("{\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f}\n", times[count / 2], times[count * 99 / 100],
           times[count * 999 / 1000]);
    free(times);
    zmq_close(publisher);
    zmq_close(subscriber);
    zmq_ctx_term(context);
}

static void pong(void *context, const char *endpoint, char *peer) {
    void *publisher = open_publisher(context, endpoint, NULL);
    void *subscriber = open_subscriber(context, peer, "ping", NULL);
    await_subscriber(publisher, 'p');
    size_t bytes = 0;
    send_envelope(publisher, "pong", "", 0);
    for (;;) {
        receive_envelopes(subscriber, &bytes);
        send_envelope(publisher, "pong", "", 0);
    }
}

int main(int count, char **words) {
    void *context = zmq_ctx_new();
    char *mode = count > 1 ? words[1] : (char[]){""};
    char *suffix = strstr(mode, "-one");
    if (suffix != NULL) {
        is_one_frame = 1;
        *suffix = 0;
    }
    // What is behind the last word is NULL.
    if ((count == 6 || count == 7) && strcmp(mode, "publish") == 0) {
        publish(context, words[2], words + 3);
    } else if ((count == 4 || count == 5) && strcmp(mode, "subscribe") == 0) {
        subscribe(context, words[2], atol(words[3]), words[4]);
    } else if (count == 5 && strcmp(mode, "ping") == 0) {
        ping(context, words[2], words[3], atol(words[4]));
    } else if (count == 4 && strcmp(mode, "pong") == 0) {
        pong(context, words[2], words[3]);
    } else {
        fprintf(stderr, "usage: see the first lines of main.c\n");
        return 2;
    }
    return 0;
}
