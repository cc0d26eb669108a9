package steering_test

import (
	"encoding/base64"
	"encoding/hex"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-project/postern/cmd/postern/internal/steering"
)

var secrets = flag.Int("secrets", 20_000, "values of each generator that are looked at")

const (
	lower   = "abcdefghijklmnopqrstuvwxyz"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
	letters = lower + upper + digits
	marks   = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
)

// spoken are those of passphrases. Many are names of programs and of folders too.
var spoken = strings.Fields(`correct horse battery staple test find time make sort cut head tail yes open kill who date echo cat more less env exec eval source command
	data bin src lib tool node patch join split watch sleep write read host link mount tree look last script expand fold strip free top bash curl perl ruby python su sh
	if for while case do done let set trap type local export cd pass login factor true false apply install screen nice shred unlink wall banner dog run go up`)

func some(r *rand.Rand, alphabet string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return string(b)
}

func pick(r *rand.Rand, all ...string) string { return all[r.IntN(len(all))] }

func random(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// generators make secrets as tools and people do.
var generators = map[string]func(r *rand.Rand) string{
	"all printable":  func(r *rand.Rand) string { return some(r, letters+marks, 12+r.IntN(29)) },
	"AWS":            func(r *rand.Rand) string { return some(r, letters+marks, 32) },
	"punctuation":    func(r *rand.Rand) string { return some(r, marks, 16) },
	"WordPress":      func(r *rand.Rand) string { return some(r, letters+"!@#$%^&*()-_ []{}<>~`+=,.;:/?|", 64) },
	"blanks":         func(r *rand.Rand) string { return some(r, letters+marks+" ", 24) },
	"Terraform":      func(r *rand.Rand) string { return some(r, letters+"!@#$%&*()-_=+[]{}<>:?", 32) },
	"Django":         func(r *rand.Rand) string { return some(r, lower+digits+"!@#$%^&*(-_=+)", 50) },
	"Bitwarden":      func(r *rand.Rand) string { return some(r, letters+"!@#$%^&*", 14) },
	"base64":         func(r *rand.Rand) string { return base64.StdEncoding.EncodeToString(random(r, 32)) },
	"base64 of URLs": func(r *rand.Rand) string { return base64.RawURLEncoding.EncodeToString(random(r, 24)) },
	"hex":            func(r *rand.Rand) string { return hex.EncodeToString(random(r, 16)) },
	"passphrase": func(r *rand.Rand) string {
		var b strings.Builder
		for i := range 2 + r.IntN(5) {
			if i > 0 {
				b.WriteString(pick(r, " ", " ", "-", " - ", ". ", ", ", "; ", "_", " & "))
			}
			b.WriteString(pick(r, spoken...))
		}
		return b.String() + pick(r, "", "!", "1", ".")
	},
	"PEM": func(r *rand.Rand) string {
		body := base64.StdEncoding.EncodeToString(random(r, 96))
		return "-----BEGIN PRIVATE KEY-----\n" + body[:64] + "\n" + body[64:] + "\n-----END PRIVATE KEY-----\n"
	},
	"DSN": func(r *rand.Rand) string {
		return fmt.Sprintf(pick(r, "postgres://app:%s@db.example.org:5432/app?sslmode=require", "redis://:%s@cache:6379/0", "user=app password='%s' host=db", "Server=db;Database=app;User Id=sa;Password=%s;", "app:%s@tcp(db:3306)/app"),
			some(r, letters+"!$*()-_=+.~;", 20))
	},
}

// TestSecretsAreNoCommands_TM232: no password is left out by chance, even where programs
// have names of one to three letters and those of the words of passphrases.
func TestSecretsAreNoCommands_TM232(t *testing.T) {
	t.Parallel()
	p := steering.Place{Dir: t.TempDir(), Path: []string{t.TempDir()}, Getenv: os.Getenv}
	names := append(strings.Fields("dd sh cc ed ex vi ip df ls nc su tr wc if cp mv ln go R w X [ awk apt sed ssh npx git tar zip bc at as ar nl od pr rm ps"), spoken...)
	for _, c := range letters {
		names = append(names, string(c))
		for _, d := range lower {
			names = append(names, string(c)+string(d))
		}
	}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(p.Path[0], name), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i, name := range spoken {
		if err := os.MkdirAll(filepath.Join(p.Dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(p.Dir, name, names[i]), nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, generate := range generators {
		r := rand.New(rand.NewPCG(1, uint64(len(name)))) //nolint:gosec // the same values each time
		left := 0
		for range *secrets {
			value := generate(r)
			if reason, runs := p.Runs(value); runs {
				if left++; left <= 5 {
					t.Errorf("%s: Runs(%q): it %s", name, value, reason)
				}
			}
		}
		if left > 0 {
			t.Errorf("%s: %d of %d are left out", name, left, *secrets)
		}
	}
}
