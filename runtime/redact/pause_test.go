package redact_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-project/postern/runtime/redact"
)

// A pause shows at most a few bytes of a value, however it is written and wherever the
// writer pauses.
func TestPausesShowNoValue(t *testing.T) {
	t.Parallel()
	const v = "correct-horse-battery-staple-9f2"
	r := filled(t, redact.AllEncodings, []string{v})
	in64 := base64.StdEncoding.EncodeToString([]byte(`{"host":"db.int","user":"app","password":"` + v + `","sslmode":"verify-full"  }`))
	for name, c := range map[string]struct{ before, value, after string }{
		"as it is":              {"a ", v, " b"},
		"base64 in lines":       {"secret " + in64[:56], in64[56:76] + "\n" + in64[76:99], in64[99:] + " created"},
		"base64 in short lines": {"secret " + in64[:56], in64[56:64] + "\n" + in64[64:99], in64[99:128] + "\n" + in64[128:] + " created"},
		"base64 in a title":     {"\x1b]0;run " + in64[:56], in64[56:76] + " " + in64[76:99], in64[99:] + "\x07 ok"},
		"title":                 {"\x1b]0;run ", v, "\x07 ok"},
		"escaped in a link":     {"\x1b]8;;http://x/?p=", strings.ReplaceAll(v, "-", "%2D"), "&q=1\x1b\\click"},
		"device control string": {"a\x1bP+q ", v, " \x1b\\ok"},
		"coloured":              {"a \x1b[31m", "correct-\x1b[32mhorse-battery-staple-9f2", "\x1b[0m b"},
		"each byte escaped":     {"[[ a == ", `\c\o\r\r\e\c\t\-\h\o\r\s\e\-\b\a\t\t\e\r\y\-\s\t\a\p\l\e\-\9\f\2`, " ]]"},
	} {
		t.Run(name, func(t *testing.T) {
			text := c.before + c.value + c.after
			for cut := len(c.before); cut < len(c.before)+len(c.value); cut++ {
				synctest.Test(t, func(t *testing.T) {
					var out locked
					w := r.Writer(&out, redact.WriterOptions{})
					for i, part := range []string{text[:cut], text[cut:]} {
						if _, err := w.Write([]byte(part)); err != nil {
							t.Fatal(err)
						}
						if i > 0 {
							break
						}
						time.Sleep(time.Minute)
						synctest.Wait()
						if shown := len(out.String()) - len(c.before); shown > 8 {
							t.Errorf("a pause after %d bytes of the value shows %d", cut-len(c.before), shown)
						}
					}
					if err := w.Close(); err != nil {
						t.Fatal(err)
					}
					if got := out.String(); strings.Contains(got, c.value[len(c.value)/2:]) {
						t.Errorf("paused after %d bytes: %q", cut, got)
					}
				})
			}
		})
	}
}
