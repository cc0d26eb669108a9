package runtime

import (
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// DecideForRead returns the decision that a request uses: Decide without copying it.
func DecideForRead(c *Client, op secret.Op, key Key) policy.Decision {
	return c.decide(c.request(op, key))
}
