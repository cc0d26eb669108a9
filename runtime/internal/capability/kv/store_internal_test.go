package kv

import (
	"bytes"
	"testing"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/slab"
)

// A call is answered before a large value that it replaced or removed is wiped. Until that
// is done, no other large value is stored; afterwards nothing is left of it.
func TestTM009AnswersBeforeALargeValueIsWiped(t *testing.T) {
	t.Parallel()
	copying := func(dst, src []byte) { copy(dst, src) }
	value := bytes.Repeat([]byte{7}, slab.MaxQuick+1)
	for name, change := range map[string]func(*store) abi.Status{
		"remove":              func(s *store) abi.Status { return s.removeLarge("key") },
		"replace":             func(s *store) abi.Status { return s.putLarge("key", value, copying) },
		"replace by a little": func(s *store) abi.Status { return s.putLarge("key", value[:9], copying) },
	} {
		s := newStore(1 << 20)
		put := func(key string) abi.Status {
			s.large <- struct{}{}
			return s.putLarge(key, value, copying)
		}
		if status := put("key"); status != abi.OK || !s.isLarge("key") {
			t.Fatalf("%s: put = %v", name, status)
		}
		answered, idle := make(chan struct{}), true
		s.entries["key"].cell.OnFree(t, func() {
			<-answered
			idle = len(s.large) == 0
		})
		s.large <- struct{}{}
		if status := change(s); status != abi.OK {
			t.Errorf("%s = %v", name, status)
		}
		close(answered)
		if status := put("other"); status != abi.OK || idle { // waits
			t.Errorf("%s: put of another value = %v; one was accepted during the wipe: %v", name, status, idle)
		}
		s.close()
		if got := s.stat(); got != (slab.Status{}) {
			t.Errorf("%s: %+v is left", name, got)
		}
	}
}
