package guesttext_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-project/postern/runtime/internal/capability/guesttext"
	"github.com/postern-project/postern/runtime/internal/cputime"
)

// shuffled is a value of n words with k letters, and two texts with the same words in
// other orders.
func shuffled(random *rand.Rand, n, k int, letters, between string) (value, text, other string) {
	words := make([]string, n)
	for i := range words {
		var b strings.Builder
		for range k {
			b.WriteByte(letters[random.IntN(len(letters))])
		}
		words[i] = b.String()
	}
	value = strings.Join(words, between)
	random.Shuffle(n, func(i, j int) { words[i], words[j] = words[j], words[i] })
	text = strings.Join(words, between)
	slices.Reverse(words)
	return value, text[:min(len(text), 8190)], strings.Join(words, between)[:min(len(text), 8190)]
}

const lowercase = "abcdefghijklmnopqrstuvwxyz"

// heavyTexts are values and what a guest says, which are much work to compare.
func heavyTexts() map[string][3]string {
	random := rand.New(rand.NewPCG(9, 9))
	out := map[string][3]string{}
	for _, c := range []struct {
		n, k             int
		letters, between string
	}{
		{1020, 4, lowercase, " "}, {1000, 7, lowercase, " "}, {1000, 7, "123456789", " "}, {120, 60, lowercase, " "}, {60, 120, lowercase, " "},
		{8, 1000, lowercase, " "}, {2, 4000, lowercase, " "}, {700, 10, lowercase + `"\'`, " "}, {300, 20, lowercase + "äöü€", " "},
		{300, 20, lowercase, "\n"}, {150, 50, `"\'%&` + lowercase, ";"}, {30, 260, "ab\x80\xff\x01", " "}, {1000, 7, `ab "\`, "|"},
	} {
		value, text, other := shuffled(random, c.n, c.k, c.letters, c.between)
		out[fmt.Sprintf("%d words of %d of %.8q", c.n, c.k, c.letters)] = [3]string{value, text, other}
	}
	binary := make([]byte, 6000)
	for i := range binary {
		binary[i] = byte(random.Uint32())
	}
	token := base64.StdEncoding.EncodeToString(binary)
	out["token"] = [3]string{token, token, "token " + token[:4000]}
	out["binary"] = [3]string{string(binary), string(binary), string(binary[3000:]) + string(binary[:3000])}
	var nested []string
	for range 170 {
		value, _, _ := shuffled(random, 6, 5, lowercase, " ")
		for ; value != ""; _, value, _ = strings.Cut(value, " ") {
			nested = append(nested, value)
		}
	}
	value := strings.Join(nested, "|")
	random.Shuffle(len(nested), func(i, j int) { nested[i], nested[j] = nested[j], nested[i] })
	text := strings.Join(nested, ";")
	out["words in words"] = [3]string{value, text[:8190], text[8190:16380]}
	fan := make([]byte, 0, 24<<10)
	for i := range 8 << 10 {
		fan = append(fan, 'a', byte(i*7), byte(i>>3))
	}
	out["one byte before all others"] = [3]string{string(fan), string(fan[:8190]), string(fan[8190:16380])}
	for _, piece := range []string{`\u0041%41&amp;''\\x41+^a` + "`b=41\r\n", " \t\r\n", "a", "ab", "%25", "&amp;", `"\'`, `\`, "{\"a\":\"bcd!\"},", "\x00a", "abc ", "''", "=\n"} {
		long := strings.Repeat(piece, 100_000/len(piece))
		out[fmt.Sprintf("%q again and again", piece)] = [3]string{long, long[:8190], long[1:8190]}
	}
	return out
}

// What a call says is masked in much less time than its deadline may be late, whatever
// it was given and whatever it says.
func TestTM009TheTextOfACallIsMaskedInBoundedTime(t *testing.T) {
	const bound = 80 * time.Millisecond
	for name, c := range heavyTexts() {
		best := time.Hour
		for range 5 {
			text, other := c[1], c[2]
			start := cputime.Used()
			guesttext.Mask(nil, []*string{&text, &other}, func(add guesttext.Disclosed) bool { return add("state", []byte(c[0])) })
			if best = min(best, cputime.Used()-start); best <= bound {
				break
			}
		}
		if best > bound {
			t.Errorf("%s: %v", name, best)
		}
	}
}

// Many values, of which each is little work, are bounded together.
func TestTM009ManyValuesAreComparedInBoundedTime(t *testing.T) {
	const bound = 80 * time.Millisecond
	for _, size := range []int{0, 3, 4, 64, 1500, 100_000} {
		value, asked := []byte(strings.Repeat("v", size)), 0
		text := "two words"
		start := cputime.Used()
		guesttext.Mask(nil, []*string{&text}, func(add guesttext.Disclosed) bool {
			for range 900_000 {
				if asked++; !add("K", value) {
					return false
				}
			}
			return true
		})
		if took := cputime.Used() - start; took > bound {
			t.Errorf("values of %d bytes: %v", size, took)
		}
		if asked == 900_000 || !strings.Contains(text, "left out") {
			t.Errorf("values of %d bytes: %d were compared, and the text is %q", size, asked, text)
		}
	}
}

// A token is also what it decodes to, which is as much work as many values. It is
// masked nevertheless.
func TestTM019TokensAreMasked(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	for _, size := range []int{96, 300, 600, 750, 900} {
		for name, e := range map[string]*base64.Encoding{"base64": base64.StdEncoding, "base64 for URLs": base64.RawURLEncoding} {
			b := make([]byte, size)
			for i := range b {
				b[i] = byte(random.Uint32())
			}
			token := e.EncodeToString(b)
			if got := shownAfterReading(token, "token "+token+"."); got != "token [REDACTED:file]." {
				t.Errorf("%s of %d bytes: shows %q", name, size, got)
			}
		}
	}
}
