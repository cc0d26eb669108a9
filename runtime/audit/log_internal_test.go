package audit

import (
	"io"
	"testing"

	"github.com/postern-project/postern/runtime/internal/copytest"
)

// TestNewCopiesEveryOption: a field that is added to Options is copied too.
func TestNewCopiesEveryOption(t *testing.T) {
	t.Parallel()
	o := copytest.Filled[Options](t)
	l := New(io.Discard, o)
	defer l.Close()
	for _, difference := range copytest.Differences(o, l.opts) {
		t.Errorf("the options of the log: %s", difference)
	}
}
