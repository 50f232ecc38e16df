#!/bin/sh
# Secrets come as files; Vestnik reads them from its environment. The files are named by
# VESTNIK_SECRET_KEY_FILE and VESTNIK_DATABASE_PASSWORD_FILE; the password goes to PostgreSQL's client.
set -eu
if [ -n "${VESTNIK_SECRET_KEY_FILE:-}" ]; then
  VESTNIK_SECRET_KEY=$(cat "$VESTNIK_SECRET_KEY_FILE")
  export VESTNIK_SECRET_KEY
fi
if [ -n "${VESTNIK_DATABASE_PASSWORD_FILE:-}" ]; then
  PGPASSWORD=$(cat "$VESTNIK_DATABASE_PASSWORD_FILE")
  export PGPASSWORD
fi
unset VESTNIK_SECRET_KEY_FILE VESTNIK_DATABASE_PASSWORD_FILE
exec "$@"
