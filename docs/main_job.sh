#!/usr/bin/env bash
# The main job with curl and jq, against a fresh demo: `cargo run -- demo`.
set -euo pipefail
HOUSE=${PLASS_URL:-http://127.0.0.1:8080}
SANDBOX=${PLASS_SANDBOX_URL:-http://127.0.0.1:8081}
API=$HOUSE/api/v1

# Sign in. The access token is good for 15 minutes; the refresh token gets the next one.
TOKEN=$(curl -sf "$API/auth/login" -H 'Content-Type: application/json' \
  -d '{"email": "member01@demo.plass", "password": "demo"}' | jq -r .access_token)

# Find an event that costs something and that one can sign up for. Anybody may read events.
EVENT=$(curl -sf "$API/events?q=julebord&open=true" | jq -r '.results[0].id')

# Sign up. The answer is final: a seat, a place in the queue, or a problem that says why not. A paid seat is held until
# payment_expiredate. The key makes it safe to send the request again.
curl -sf -X POST "$API/events/$EVENT/registrations" -H "Authorization: Bearer $TOKEN" \
  -H 'Idempotency-Key: my-first-sign-up' | jq '{status, payment_expiredate, order}'

# Show the member where to pay. The link needs no login and stays good for ever.
REGISTRATION=$API/events/$EVENT/registrations/me
LINK=$(curl -sf "$REGISTRATION" -H "Authorization: Bearer $TOKEN" | jq -r .order.payment_link)
curl -sf "$LINK" | grep --max-count=1 '<h1'

# Or send the member straight to the provider: this opens the payment and answers with the address of its page.
ORDER=$(curl -sf "$REGISTRATION" -H "Authorization: Bearer $TOKEN" | jq -r .order.order_id)
curl -sf --retry 5 -X POST "$API/orders/$ORDER/pay" -H "Authorization: Bearer $TOKEN" | jq -r .redirect_url

# In the demo nobody has to pay: approve in the sandbox what the member would approve in the app.
REFERENCE=$(curl -sf "$API/orders/$ORDER" -H "Authorization: Bearer $TOKEN" | jq -r '.attempts[-1].reference')
curl -sf -X POST "$SANDBOX/control/payments/$REFERENCE/approve" -H 'Content-Type: application/json' | jq -r .state

# Ask until the seat is confirmed. While the provider is being asked the status stays awaiting_payment.
STATUS=
for _ in $(seq 50); do
  STATUS=$(curl -sf "$REGISTRATION" -H "Authorization: Bearer $TOKEN" | jq -r .status)
  [ "$STATUS" = confirmed ] && break
  sleep 0.2
done
echo "$STATUS"
[ "$STATUS" = confirmed ]
