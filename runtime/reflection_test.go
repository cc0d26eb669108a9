package runtime_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime"
	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// printer follows all that a printer may follow: pointers, interfaces, slices, arrays, maps
// and fields, exported or not, without end. Functions, channels and unsafe pointers are
// addresses to any of them. It reads all bytes on its way, as they do: at a guard page the
// test ends with a fault.
type printer struct {
	seen  map[place]bool
	found []string
	bytes int
}

type place struct {
	at  uintptr
	typ reflect.Type
	len int
}

const printed = "canary-of-reflection-51c7"

// begun is as much of it as nothing else begins with.
const begun = len("canary-of")

func (p *printer) text(path, s string) {
	p.bytes += len(s)
	if strings.Contains(s, printed[:begun]) {
		p.found = append(p.found, path)
	}
}

func (p *printer) visit(path string, at uintptr, v reflect.Value, size int) (first bool) {
	here := place{at, v.Type(), size}
	first = !p.seen[here]
	p.seen[here] = true
	return first
}

func (p *printer) print(path string, v reflect.Value) {
	if len(path) > 400 {
		path = "..." + path[len(path)-200:]
	}
	switch v.Kind() {
	case reflect.String:
		p.text(path, v.String())
	case reflect.Pointer:
		if !v.IsNil() && p.visit(path, v.Pointer(), v, 0) {
			p.print(path, v.Elem())
		}
	case reflect.Interface:
		if !v.IsNil() {
			p.print(path+"("+v.Elem().Type().String()+")", v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			p.print(path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	case reflect.Map:
		if !v.IsNil() && p.visit(path, v.Pointer(), v, v.Len()) {
			for it := v.MapRange(); it.Next(); {
				p.print(path+"[key]", it.Key())
				p.print(path+"[]", it.Value())
			}
		}
	case reflect.Slice:
		if v.IsNil() || !p.visit(path, v.Pointer(), v, v.Len()) {
			return
		}
		if v.Type().Elem().Kind() == reflect.Uint8 {
			p.text(path, string(v.Bytes()))
			return
		}
		fallthrough
	case reflect.Array:
		if k := v.Type().Elem().Kind(); k >= reflect.Bool && k <= reflect.Complex128 && k != reflect.Uint8 {
			return
		}
		if v.Kind() == reflect.Array && v.Type().Elem().Kind() == reflect.Uint8 {
			b := make([]byte, v.Len())
			for i := range b {
				b[i] = byte(v.Index(i).Uint())
			}
			p.text(path, string(b))
			return
		}
		for i := range v.Len() {
			p.print(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	}
}

// TM-131: printers of other people, such as those of test libraries, call no method of a
// Secret and follow its pointers. From a Secret, and from all that the library hands out,
// they get to no value, also not to that of another key.
func TestTM131ReflectionReachesNoValue(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "s.env")
	if err := os.WriteFile(path, []byte("FROM_FILE="+printed+"-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	registry := redact.New(redact.Options{})
	t.Cleanup(func() { registry.Close() })
	for _, shared := range []*redact.Registry{nil, registry} {
		rt := open(t, runtime.Options{
			Providers: []runtime.ProviderOptions{
				env("env", "FROM_ENV"), {Name: "mem", Module: "memory"}, {Name: "own", Provider: newGoStore(t, nil)},

				{Name: "file", Module: "file", Grant: runtime.Grant{Files: []runtime.FileGrant{{Path: path}}}, Config: map[string]string{"path": path}},
			},
			Environ:  func() []string { return []string{"FROM_ENV=" + printed + "-env"} },
			Redactor: shared,
		})
		for _, provider := range []string{"mem", "own"} {
			if err := at(t, rt, provider).Set(t.Context(), "kept", made(t, printed+"-"+provider)); err != nil {
				t.Fatal(err)
			}
		}
		var results []secret.Result
		for _, key := range []secret.Key{"FROM_ENV", "kept", "FROM_FILE"} {
			s, err := rt.Get(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			results = append(results, secret.Result{Key: key, Secret: s})
		}
		var out bytes.Buffer
		// Nothing is written in a pause, while the writer is looked at.
		writer, log := rt.Redactor().Writer(&out, redact.WriterOptions{Idle: -1}), slog.New(redact.NewHandler(&out, rt.Redactor(), func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) }))
		log.Info("a line", "of", printed+"-env")
		_, _ = io.WriteString(writer, printed+"-file and "+printed[:begun])
		own, _ := rt.Get(t.Context(), "kept")
		_, failed := rt.Get(t.Context(), "none")
		for name, v := range map[string]any{
			"Secret": results[0].Secret, "*Secret": &own, "[]Result": results, "Runtime": rt, "Client": rt.For(runtime.Caller{Name: "u"}),
			"Registry": rt.Redactor(), "Writer": writer, "Logger": log, "error": failed,
		} {
			p := printer{seen: map[place]bool{}}
			p.print(name, reflect.ValueOf(v))
			for _, path := range p.found {
				t.Errorf("%s shows a value at %s", name, path)
			}
			t.Logf("%s: %d places, %d bytes", name, len(p.seen), p.bytes)
		}
	}
}
