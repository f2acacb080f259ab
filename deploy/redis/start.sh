#!/bin/sh
# Starts Redis with the users of users.acl. Their passwords are files that only this container and theirs have; Redis
# is told hashes alone. What was pushed is on the disk before it counts: an order is never lost with the server.
set -eu
hash_of() { tr -d '\r\n' <"/run/secrets/$1" | sha256sum | cut -d ' ' -f 1; }
umask 077
sed -e "s/ENGINE_PASSWORD_SHA256/$(hash_of engine_redis_password)/" \
    -e "s/BROKER_PASSWORD_SHA256/$(hash_of broker_redis_password)/" \
    /etc/stonks/users.acl >/run/stonks/users.acl
exec redis-server --aclfile /run/stonks/users.acl --dir /data --appendonly yes --appendfsync always \
    --maxmemory 128mb --maxmemory-policy noeviction --save ''
