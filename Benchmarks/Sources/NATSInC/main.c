// What libnats itself can do: moves messages between two processes through a server, with nothing around them.
//
//   nats-in-c publish URL COUNT PAYLOAD-BYTES SUBSCRIBERS SUBJECTS
//   nats-in-c subscribe URL COUNT SUBJECTS
//   nats-in-c ping URL COUNT                                  nats-in-c pong URL
//
// With `-bare` behind the mode (publish-bare …) a message has no header; otherwise the one that a bus gives it. Messages go to
// SUBJECTS subjects in turn, for each of which a subscriber has a subscription of its own.
#include <nats/nats.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const char header[] =
    "{\"v\":1,\"origin\":\"d4i1q0mc1l2v3k4j5h60\",\"id\":\"d4i1q0mc1l2v3k4j5h6g\","
    "\"time\":\"2026-11-24T07:11:52.123456789Z\",\"source\":\"planner\",\"headers\":{\"run_id\":\"r17\"},"
    "\"seq\":123456}";
static bool is_bare;

static void check(natsStatus status, const char *what) {
    if (status == NATS_OK) return;
    fprintf(stderr, "nats-in-c: %s: %s\n", what, natsStatus_GetText(status));
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

static natsConnection *connect_to(const char *url) {
    natsOptions *options;
    natsConnection *connection;
    check(natsOptions_Create(&options), "natsOptions_Create");
    check(natsOptions_SetURL(options, url), url);
    // One thread calls for all subscriptions, as that of a bus does.
    check(natsOptions_UseGlobalMessageDelivery(options, true), "natsOptions_UseGlobalMessageDelivery");
    check(natsConnection_Connect(&connection, options), url);
    natsOptions_Destroy(options);
    return connection;
}

static void send_message(natsConnection *connection, const char *subject, const char *payload, int count) {
    if (is_bare) {
        check(natsConnection_Publish(connection, subject, payload, count), "natsConnection_Publish");
        return;
    }
    natsMsg *message;
    check(natsMsg_Create(&message, subject, NULL, payload, count), "natsMsg_Create");
    check(natsMsgHeader_Set(message, "EB", header), "natsMsgHeader_Set");
    check(natsConnection_PublishMsg(connection, message), "natsConnection_PublishMsg");
    natsMsg_Destroy(message);
}

static void subject_of(char subject[64], long number) {
    snprintf(subject, 64, "graph.run.r%ld.start", number);
}

// Waits until so many processes have said on a subject that they listen; each says so again and again.
static void await_subscribers(natsConnection *connection, long subscribers) {
    natsSubscription *ready;
    char *seen = calloc((size_t)subscribers + 1, 32);
    check(natsConnection_SubscribeSync(&ready, connection, "ready"), "natsConnection_SubscribeSync");
    for (long count = 0; count < subscribers;) {
        natsMsg *message;
        check(natsSubscription_NextMsg(&message, ready, 30000), "wait for a subscriber");
        long place = 0;
        while (place < count && strcmp(seen + 32 * place, natsMsg_GetData(message)) != 0) place++;
        if (place == count) snprintf(seen + 32 * count++, 32, "%s", natsMsg_GetData(message));
        natsMsg_Destroy(message);
    }
    free(seen);
    natsSubscription_Destroy(ready);
}

static void publish(const char *url, char **words) {
    long count = atol(words[0]), subscribers = atol(words[2]), subjects = atol(words[3]);
    int payload_count = atoi(words[1]);
    natsConnection *connection = connect_to(url);
    char *payload = malloc((size_t)payload_count + 1);
    memset(payload, 'x', (size_t)payload_count);
    char(*names)[64] = malloc(64 * (size_t)subjects);
    for (long number = 0; number < subjects; number++) subject_of(names[number], number);
    await_subscribers(connection, subscribers);
    double start = processor_time();
    for (long sent = 0; sent < count; sent++) send_message(connection, names[sent % subjects], payload, payload_count);
    check(natsConnection_FlushTimeout(connection, 60000), "natsConnection_FlushTimeout");
    printf("{\"processor\":%.9f}\n", processor_time() - start);
    natsConnection_Destroy(connection);
}

// What the library's thread counts, and the main thread waits for.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t is_done = PTHREAD_COND_INITIALIZER;
static long received, expected;
static double first, last, processor;

// The header is looked at, as whoever sends one wants it to be, and not decoded.
static void drop(natsMsg *message) {
    const char *value;
    if (!is_bare) check(natsMsgHeader_Get(message, "EB", &value), "natsMsgHeader_Get");
    natsMsg_Destroy(message);
}

static void take(natsConnection *connection, natsSubscription *subscription, natsMsg *message, void *closure) {
    (void)connection, (void)subscription, (void)closure;
    drop(message);
    pthread_mutex_lock(&lock);
    if (received++ == 0) {
        first = now();
        processor = processor_time();
    }
    if (received == expected) {
        last = now();
        pthread_cond_signal(&is_done);
    }
    pthread_mutex_unlock(&lock);
}

static void subscribe(const char *url, long count, long subjects) {
    natsConnection *connection = connect_to(url);
    char name[32];
    snprintf(name, sizeof name, "%d", (int)getpid());
    expected = count;
    for (long number = 0; number < subjects; number++) {
        natsSubscription *subscription;
        char subject[64];
        subject_of(subject, number);
        check(natsConnection_Subscribe(&subscription, connection, subject, take, NULL), "natsConnection_Subscribe");
        check(natsSubscription_SetPendingLimits(subscription, -1, -1), "natsSubscription_SetPendingLimits");
    }
    check(natsConnection_FlushTimeout(connection, 30000), "natsConnection_FlushTimeout");
    double deadline = now() + 60;
    pthread_mutex_lock(&lock);
    while (received < expected && now() < deadline) {
        bool is_waiting = received == 0;
        pthread_mutex_unlock(&lock);
        if (is_waiting) {
            check(natsConnection_PublishString(connection, "ready", name), "natsConnection_PublishString");
            check(natsConnection_Flush(connection), "natsConnection_Flush");
        }
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += 50000000;
        if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
        pthread_mutex_lock(&lock);
        if (received < expected) pthread_cond_timedwait(&is_done, &lock, &until);
    }
    printf("{\"received\":%ld,\"seconds\":%.9f,\"processor\":%.9f}\n", received, last - first,
           processor_time() - processor);
    pthread_mutex_unlock(&lock);
    // The process ends with all that the library holds.
}

static int ascending(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static void ping(const char *url, long count) {
    natsConnection *connection = connect_to(url);
    natsSubscription *pongs;
    natsMsg *message;
    double *times = malloc(sizeof(double) * (size_t)count);
    check(natsConnection_SubscribeSync(&pongs, connection, "pong"), "natsConnection_SubscribeSync");
    check(natsConnection_FlushTimeout(connection, 30000), "natsConnection_FlushTimeout");
    await_subscribers(connection, 1);
    for (long trip = -count / 10; trip < count; trip++) {
        double start = now();
        send_message(connection, "ping", "", 0);
        check(natsConnection_Flush(connection), "natsConnection_Flush");
        check(natsSubscription_NextMsg(&message, pongs, 30000), "wait for an answer");
        drop(message);
        if (trip >= 0) times[trip] = (now() - start) * 1e6;
    }
    qsort(times, (size_t)count, sizeof(double), ascending);
    printf("{\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f}\n", times[count / 2], times[count * 99 / 100],
           times[count * 999 / 1000]);
    free(times);
    natsConnection_Destroy(connection);
}

static void pong(const char *url) {
    natsConnection *connection = connect_to(url);
    natsSubscription *pings;
    natsMsg *message;
    check(natsConnection_SubscribeSync(&pings, connection, "ping"), "natsConnection_SubscribeSync");
    check(natsConnection_FlushTimeout(connection, 30000), "natsConnection_FlushTimeout");
    natsStatus status;
    do {
        check(natsConnection_PublishString(connection, "ready", "pong"), "natsConnection_PublishString");
        check(natsConnection_Flush(connection), "natsConnection_Flush");
        status = natsSubscription_NextMsg(&message, pings, 50);
    } while (status == NATS_TIMEOUT);
    for (;; status = natsSubscription_NextMsg(&message, pings, 30000)) {
        check(status, "wait for a question");
        drop(message);
        send_message(connection, "pong", "", 0);
        check(natsConnection_Flush(connection), "natsConnection_Flush");
    }
}

int main(int count, char **words) {
    char *mode = count > 1 ? words[1] : (char[]){""};
    char *suffix = strstr(mode, "-bare");
    if (suffix != NULL) {
        is_bare = true;
        *suffix = 0;
    }
    check(nats_Open(-1), "nats_Open");
    if (count == 7 && strcmp(mode, "publish") == 0) {
        publish(words[2], words + 3);
    } else if (count == 5 && strcmp(mode, "subscribe") == 0) {
        subscribe(words[2], atol(words[3]), atol(words[4]));
    } else if (count == 4 && strcmp(mode, "ping") == 0) {
        ping(words[2], atol(words[3]));
    } else if (count == 3 && strcmp(mode, "pong") == 0) {
        pong(words[2]);
    } else {
        fprintf(stderr, "usage: see the first lines of main.c\n");
        return 2;
    }
    return 0;
}
