package runtime

import (
	"github.com/postern-project/postern/runtime/policy"
	"github.com/postern-project/postern/runtime/secret"
)

// DecideForRead is the decision that a request takes: Decide without the copy.
func DecideForRead(c *Client, op secret.Op, key Key) policy.Decision {
	return c.decide(c.request(op, key))
}
