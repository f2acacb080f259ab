#!/bin/sh
# Starts Redis with the users of users.acl. Their passwords are files that only this container and theirs have; Redis
# is told hashes alone. What was pushed is on the disk before it counts: an order is never lost with the server.
# SECRETS, HERE, ROOM and DATA are other folders than those of the container: for trying it without one.
set -eu
hash_of() { tr -d '\r\n' <"${SECRETS:-/run/secrets}/$1" | sha256sum | cut -d ' ' -f 1; }
users=${ROOM:-/run/stonks}/users.acl
umask 077
sed -e "s/ENGINE_PASSWORD_SHA256/$(hash_of engine_redis_password)/" \
    -e "s/BROKER_PASSWORD_SHA256/$(hash_of broker_redis_password)/" \
    "${HERE:-/etc/stonks}/users.acl" >"$users"
exec redis-server --aclfile "$users" --dir "${DATA:-/data}" --appendonly yes --appendfsync always \
    --maxmemory 128mb --maxmemory-policy noeviction --save '' "$@"
