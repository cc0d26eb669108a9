package runtime_test

import (
	"bytes"
	"sync"
	"testing"

	"github.com/postern-project/postern/runtime"
)

func at(t *testing.T, rt *runtime.Runtime, provider string) *runtime.Client {
	t.Helper()
	c, err := rt.For(runtime.Caller{}).At(provider)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// lines is a log that several goroutines write.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
