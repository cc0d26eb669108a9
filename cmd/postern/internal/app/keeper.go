package app

import (
	"context"
	"sync"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/secret"
)

// kept are the Secrets that a session has given. A value is masked for as long as
// somebody has its Secret, and a little longer; a command whose output is masked may run
// for days after its values were read.
type kept struct {
	mu  sync.Mutex
	all []secret.Secret
}

func (k *kept) add(all ...secret.Secret) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, all...)
}

// drop lets go of all Secrets. Until then they are reachable.
func (k *kept) drop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = nil
}

// keeper is a Client whose Secrets are kept.
type keeper struct {
	*runtime.Client
	kept *kept
}

func (c keeper) Get(ctx context.Context, key secret.Key) (secret.Secret, error) {
	s, err := c.Client.Get(ctx, key)
	if err == nil {
		c.kept.add(s)
	}
	return s, err
}

func (c keeper) GetMany(ctx context.Context, keys []secret.Key) []secret.Result {
	results := c.Client.GetMany(ctx, keys)
	got := make([]secret.Secret, 0, len(results))
	for _, r := range results {
		if r.Err == nil {
			got = append(got, r.Secret)
		}
	}
	c.kept.add(got...)
	return results
}
