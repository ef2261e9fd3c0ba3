#!/usr/bin/env bash
# Gives each decoder RUNS inputs, as many decoders at once as there are processors; the first that fails ends this, and its
# input is told.
#
#   Integration/Fuzz/fuzz.sh PROGRAM RUNS FOLDER     what is found goes to FOLDER, beside a log for each decoder
#   Integration/Fuzz/fuzz.sh PROGRAM merge FOLDER    makes Corpus of the least that reaches the same places in the code
set -euo pipefail
program=$1 runs=$2 folder=$3
corpus="$(dirname "$0")/Corpus"
# Longer inputs say nothing new, except where subjects have to be too long, or JSON too deep.
length_of() { case $1 in *envelope* | subject*) echo 2048 ;; *) echo 512 ;; esac; }

fuzz() {
    local decoder=$1 log="$folder/$1.log" found="$folder/found/$1" length
    length=$(length_of "$decoder")
    mkdir -p "$found" "$corpus/$decoder"
    # The input is written by libFuzzer, which gets to know of a trap only when Swift does not print where it was.
    if ! SWIFT_BACKTRACE=enable=no "$program" --decoder="$decoder" -runs="$runs" -max_len="$length" -timeout=10 \
        -rss_limit_mb=512 -artifact_prefix="$folder/$decoder-" -print_final_stats=1 "$found" "$corpus/$decoder" >"$log" 2>&1
    then
        grep -aE 'Fatal error|    #[0-9]+ .*(Sources|swift)|Test unit written|SUMMARY' "$log" || tail -n 20 "$log"
        return 255 # no further decoder is begun
    fi
    awk -v decoder="$decoder" '
        / ft: / { for (place = 1; place < NF; place++) if ($place == "ft:") features = $(place + 1) }
        /^Done/ { runs = $2; seconds = $5 }
        END { printf "%-20s %10d inputs %6d features %5d s\n", decoder, runs, features, seconds }' "$log"
}

merge() {
    local decoder=$1
    rm -rf "$folder/kept/$decoder"
    mkdir -p "$folder/kept/$decoder"
    SWIFT_BACKTRACE=enable=no "$program" --decoder="$decoder" -merge=1 -use_counters=0 -use_cmp=0 -max_len="$(length_of "$decoder")" \
        "$folder/kept/$decoder" "$corpus/$decoder" "$folder/found/$decoder" >"$folder/$decoder.merge.log" 2>&1
    rm -rf "${corpus:?}/$decoder"
    cp -r "$folder/kept/$decoder" "$corpus/$decoder"
}

if [ "${4:-}" ]; then
    if [ "$runs" = merge ]; then merge "$4"; else fuzz "$4"; fi
else
    mkdir -p "$folder"
    "$program" | xargs -P "$(nproc)" -I{} "$0" "$program" "$runs" "$folder" {}
fi
