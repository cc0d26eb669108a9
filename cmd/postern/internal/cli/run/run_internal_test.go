package run

import (
	"strings"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/steering"
)

func emptyPlan() *plan { return &plan{byName: map[string]*variable{}} }

// No text makes the parser panic or set a dangerous variable, and no error contains
// a value.
func FuzzEnvFile(f *testing.F) {
	for _, seed := range []string{"A=b\n", "export A='b' # c\n", "A=postern://k?provider=p#/x\n", "LD_PRELOAD=x\n", "A\n", "A=\"\nB", "=\n", "A=op://x\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const canary = "c4n4ry"
		p := emptyPlan()
		err := p.addText("f", []byte(strings.ReplaceAll(text, "=", "="+canary)))
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("the error shows a value: %v", err)
		}
		p = emptyPlan()
		if p.addText("f", []byte(text)) != nil {
			return
		}
		for _, i := range p.items {
			if i.name == "" || strings.ContainsAny(i.name, "=\x00 ") || steering.Runs(i.name) {
				t.Errorf("%q sets the variable %q", text, i.name)
			}
		}
	})
}
