package wasmhost_test

import (
	"encoding/binary"
	goruntime "runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/internal/wasmhost"
	"github.com/postern-project/postern/runtime/secret"
)

// crowd returns a module with that many functions, of which it exports the first ones, as
// many as exports. The function that answers for a key traps.
func crowd(functions, exports int) []byte {
	number := func(n int) string { return string(binary.AppendUvarint(nil, uint64(n))) }
	sized := func(s string) string { return number(len(s)) + s }
	section := func(id byte, content string) string { return string([]byte{id}) + sized(content) }
	var names strings.Builder
	for i := range exports {
		names.WriteString(sized(strconv.Itoa(i)) + "\x00" + number(i))
	}
	return []byte("\x00asm\x01\x00\x00\x00" +
		section(1, "\x01\x60\x00\x01\x7f") +
		section(3, number(functions)+strings.Repeat("\x00", functions)) +
		section(5, "\x01\x00\x01") +
		section(7, number(2+exports)+sized("memory")+"\x02\x00"+sized("postern_get")+"\x00\x00"+names.String()) +
		section(10, number(functions)+strings.Repeat(sized("\x00\x00\x0b"), functions)))
}

// What the engine prepares to describe where a call was stopped is prepared before the
// first call, not within it: the work grows with the functions and the exports.
func TestTM006AStopDoesNotPrepareTheNames(t *testing.T) { // not parallel: it measures the heap
	const functions = 20_000
	p := open(t, wasmhost.Options{Name: "crowd", Wasm: crowd(functions, 100)})
	if err := p.Compile(t.Context()); err != nil {
		t.Fatal(err)
	}
	var before, after goruntime.MemStats
	goruntime.ReadMemStats(&before)
	_, err := p.Get(t.Context(), "key")
	goruntime.ReadMemStats(&after)
	if secret.CodeOf(err) != secret.ErrModuleCrashed {
		t.Fatalf("Get = %v, want %v", err, secret.ErrModuleCrashed)
	}
	if n := after.Mallocs - before.Mallocs; n > functions/2 {
		t.Errorf("the first call that was stopped made %d allocations beside %d functions", n, functions)
	}
}
