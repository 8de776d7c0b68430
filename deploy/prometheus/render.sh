#!/bin/sh
# Prints prometheus.yml for the variables of the environment; with REMOTE_WRITE_URL it also writes to that address.
# sh deploy/prometheus/render.sh > prometheus.yml
set -eu
folder=$(dirname "$0")
templates=$folder/prometheus.template.yml
[ -z "${REMOTE_WRITE_URL:-}" ] || templates="$templates $folder/remote_write.template.yml"
# shellcheck disable=SC2086
exec awk '
    /^#/ { next }
    {
        while (match($0, /\$\{[A-Z_]+\}/)) {
            name = substr($0, RSTART + 2, RLENGTH - 3)
            if (!(name in ENVIRON) || ENVIRON[name] == "") {
                print "Set " name "." > "/dev/stderr"
                exit 1
            }
            value = ENVIRON[name]
            gsub(/\047/, "\047\047", value)
            done = done substr($0, 1, RSTART - 1) "\047" value "\047"
            $0 = substr($0, RSTART + RLENGTH)
        }
        print done $0
        done = ""
    }
' $templates
