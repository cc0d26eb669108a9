#!/bin/sh
# A deployment that logs its secrets.
set -eu
echo "deploying with key $DEPLOY_KEY"
printf 'Authorization: Basic %s\n' "$(printf 'ci:%s' "$DEPLOY_KEY" | base64)"
echo "certificate:"
echo "$DEPLOY_CERT"
exit "${DEPLOY_EXIT:-0}"
