package redact

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

const (
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	base64s = letters + "+/"
)

func random(rnd *rand.Rand, alphabet string, n int) string {
	var b strings.Builder
	for range n {
		b.WriteByte(alphabet[rnd.IntN(len(alphabet))])
	}
	return b.String()
}

// values makes n values of 16 to 64 bytes, one in ten with a prefix that a
// service gives its tokens, and every fiftieth of 4 to 8 bytes.
func values(rnd *rand.Rand, n int) []string {
	prefixes := []string{"ghp_", "glpat-", "xoxb-", "AKIA", "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."}
	vals := make([]string, n)
	for i := range vals {
		switch {
		case i%50 == 7:
			vals[i] = random(rnd, letters, 4+rnd.IntN(5))
		case i%10 == 3:
			vals[i] = prefixes[rnd.IntN(len(prefixes))] + random(rnd, letters, 20+rnd.IntN(20))
		default:
			vals[i] = random(rnd, letters, 16+rnd.IntN(49))
		}
	}
	return vals
}

// logLine makes one line of a log as builds and servers write it.
func logLine(rnd *rand.Rand) string {
	words := []string{"the", "request", "was", "served", "by", "upstream", "in", "time", "but", "cache", "missed", "again"}
	switch rnd.IntN(9) {
	case 0:
		return fmt.Sprintf(`10.%d.%d.%d - - [12/Mar/2026:10:%02d:%02d +0000] "GET /api/v1/items/%d HTTP/1.1" 200 %d "-" "Mozilla/5.0 (X11; Linux x86_64)"`,
			rnd.IntN(256), rnd.IntN(256), rnd.IntN(256), rnd.IntN(60), rnd.IntN(60), rnd.IntN(1e6), rnd.IntN(1e5))
	case 1:
		return fmt.Sprintf(`{"time":"2026-03-12T10:%02d:%02dZ","level":"INFO","msg":"request done","method":"GET","path":"/healthz","status":200,"dur_ms":%d,"trace_id":"%016x"}`,
			rnd.IntN(60), rnd.IntN(60), rnd.IntN(500), rnd.Uint64())
	case 2:
		return fmt.Sprintf("I0312 10:%02d:%02d.%06d       1 controller.go:%d] Syncing deployment default/web-%d", rnd.IntN(60), rnd.IntN(60), rnd.IntN(1e6), rnd.IntN(900), rnd.IntN(100))
	case 3:
		return fmt.Sprintf("\x1b[32m  ok\x1b[0m  \x1b[1mpkg/%s\x1b[0m\t%d.%03ds", words[rnd.IntN(len(words))], rnd.IntN(9), rnd.IntN(1000))
	case 4:
		return fmt.Sprintf("sha256:%016x%016x%016x%016x", rnd.Uint64(), rnd.Uint64(), rnd.Uint64(), rnd.Uint64())
	case 5:
		return random(rnd, base64s, 76)
	case 6:
		return fmt.Sprintf("\t/usr/local/go/src/net/http/server.go:%d +0x%x", rnd.IntN(4000), rnd.IntN(4096))
	case 7:
		return fmt.Sprintf("SELECT id, name, created_at FROM users WHERE tenant_id = %d AND deleted_at IS NULL ORDER BY id LIMIT %d;", rnd.IntN(1e4), rnd.IntN(100))
	}
	var b strings.Builder
	for range 12 {
		b.WriteString(words[rnd.IntN(len(words))] + " ")
	}
	return b.String()
}

// logText makes a log of size bytes; one line in 10,000 contains a value.
func logText(rnd *rand.Rand, size int, vals []string) []byte {
	lines := make([]string, 4096)
	for i := range lines {
		lines[i] = logLine(rnd)
	}
	var b strings.Builder
	b.Grow(size + 512)
	for b.Len() < size {
		line := lines[rnd.IntN(len(lines))]
		if len(vals) > 0 && rnd.IntN(10000) == 0 {
			at := rnd.IntN(len(line))
			line = line[:at] + vals[rnd.IntN(len(vals))] + line[at:]
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return []byte(b.String()[:size])
}
