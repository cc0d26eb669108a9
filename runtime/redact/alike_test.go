package redact_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/testdata/sample"
)

// alikeValues are n values of a kind that programs print in other formats, which differ
// only after a common beginning.
var alikeValues = []struct {
	name string
	make func(i int) string
}{
	{"connection strings", func(i int) string {
		return fmt.Sprintf(`host="db.internal" port="5432" user="app" dbname="o" password="pw-%d-secret"x`, i)
	}},
	{"service accounts", func(i int) string {
		return fmt.Sprintf(`{"type":"service_account","project_id":"project-1028","private_key_id":"%08x","private_key":"-----BEGIN PRIVATE KEY-----\nMIIE%d\n-----END PRIVATE KEY-----\n"}`, i*7919, i)
	}},
	{"sentences", func(i int) string {
		return fmt.Sprintf(`correct horse battery staple number %d of the "garden" of $%d`, i, i)
	}},
	{"addresses", func(i int) string {
		return fmt.Sprintf(`postgres://us%%er+x:'"p%da$$w&rd@db.example:5432/app?sslmode=on`, i)
	}},
	{"settings", func(i int) string {
		return fmt.Sprintf(`Server=tcp:db.example,1433;Initial Catalog="app";User ID='sa';Password='%dp@ss^w%%rd';Encrypt=True;z`, i)
	}},
}

// checkAlike checks that one of the values that are registered is masked, however it is
// escaped.
func checkAlike(t *testing.T, rnd *rand.Rand, r *redact.Registry, name, v string, key, tries int) {
	t.Helper()
	for range tries {
		text, names := v, ""
		for range 1 + rnd.IntN(3) {
			e := textEscapers[rnd.IntN(len(textEscapers))]
			text, names = e.write(text), names+" "+e.name
		}
		in, want := "a = "+text+"| b\n", fmt.Sprintf("a = [REDACTED:key/%05d]| b\n", key)
		if got := r.String(in); got != want {
			t.Errorf("%s, escaped by%s: value %q\ntext %q\ngot  %q", name, names, v, in, got)
			return
		}
	}
}

// TM-156: of many values that begin alike, such as the accounts of one server, each is
// masked.
func TestTM156AlikeValues(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(35, 36))
	check := func(i, n int) {
		kind := alikeValues[i]
		var vals []string
		for i := range n {
			vals = append(vals, kind.make(i))
		}
		r := filled(t, redact.AllEncodings, vals)
		for range 3 {
			i := rnd.IntN(n)
			checkAlike(t, rnd, r, fmt.Sprintf("%d %s", n, kind.name), vals[i], i, rounds(12))
		}
		r.Close()
	}
	for i := range alikeValues {
		check(i, 2)
		check(i, 5)
		check(i, 30)
	}
	for i := range sample.Of(t, len(alikeValues)) {
		check(i, 300)
	}
	for range sample.Times(rounds(30)) {
		size, n := rnd.IntN(201), 2+rnd.IntN(1<<rnd.IntN(9))
		begin := random(rnd, symbols, size)
		seen := map[string]bool{}
		var vals []string
		for len(vals) < n {
			v := "a" + begin + mixable(rnd, 8+rnd.IntN(8))
			if k := strings.Join(strings.Fields(v), " "); !seen[k] && k == v {
				seen[k], vals = true, append(vals, v)
			} else if k != v {
				begin = strings.ReplaceAll(begin, " ", "_")
			}
		}
		r := filled(t, redact.AllEncodings, vals)
		i := rnd.IntN(n)
		checkAlike(t, rnd, r, fmt.Sprintf("%d values with %d bytes in common", n, size), vals[i], i, rounds(12))
		r.Close()
	}
}
