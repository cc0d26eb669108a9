package match

import (
	"errors"
	"testing"

	"github.com/postern-project/postern/runtime/redact/internal/encodings"
)

// going is a value that is wiped after it counted as live and before its patterns are
// made.
type going struct{ asked bool }

func (g *going) Live() bool                       { live := !g.asked; g.asked = true; return live }
func (g *going) Expose(func([]byte) error) error  { return errors.New("wiped") }
func (g *going) Forced() bool                     { return false }
func (g *going) Mask() string                     { return "[REDACTED:k]" }
func (g *going) Hint() (hint, text, plain string) { return "", "[REDACTED:k]", "[REDACTED:k]" }

// Values may be wiped at any moment, also all of those of which a matcher is made.
func TestAllValuesAreWipedWhileTheirPatternsAreMade(t *testing.T) {
	t.Parallel()
	for _, opts := range []encodings.Options{{}, {RawOnly: true}} {
		for _, text := range []string{"", "h", "hel", "a text without a value", `\"escapes\" 'and' "quotes"`} {
			x := NewIndex(opts)
			for _, build := range []func(){x.Refresh, x.Compact} {
				for range 20 { // the last ones make a merge
					x.Add(&going{})
					build()
					x.Set().Text(NewScan(), []byte(text))
				}
			}
			var mt matcher
			mt.heldFrom(NewScan(), []byte(text))
			x.Reset()
		}
	}
}
