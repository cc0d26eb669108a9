package encodings

import "bytes"

// Reason says why a value cannot be searched. It holds no part of the value.
type Reason string

// The reasons. Masks for such values would cover half of every log, and so
// reveal the values. Searched is for all others.
const (
	Searched Reason = ""

	Empty    Reason = "empty"
	Blank    Reason = "only white space"
	Short    Reason = "shorter than 4 bytes"
	Repeated Reason = "one character repeated"
	Digits   Reason = "at most 5 digits"
	Everyday Reason = "an everyday word"
)

const (
	// MinValue is the length in bytes under which a value is not searched.
	MinValue = 4

	maxDigits = 5 // a number of as many digits is not searched
)

// Classify decides whether a value can be told from ordinary text. White space
// around it does not count, nor does a byte order mark before it.
func Classify(v []byte) Reason {
	if len(v) == 0 {
		return Empty
	}
	v = trim(v)
	switch {
	case len(v) == 0:
		return Blank
	case len(v) <= maxDigits && len(bytes.Trim(v, "0123456789")) == 0:
		return Digits
	case len(v) < MinValue:
		return Short
	case repeated(v):
		return Repeated
	case everyday(v):
		return Everyday
	}
	return Searched
}

// repeated reports whether v is one character of one to four bytes, repeated.
func repeated(v []byte) bool {
	for width := 1; width <= 4 && width < len(v); width++ {
		if len(v)%width != 0 || width > 1 && v[0] < 0xc0 {
			continue
		}
		if bytes.Equal(v[width:], v[:len(v)-width]) {
			return true
		}
	}
	return false
}

// everyday reports whether v is, in any case, a word that logs are full of. It makes
// no copy on the heap, which could not be cleared.
func everyday(v []byte) bool {
	var lower [16]byte
	if len(v) > len(lower) {
		return false
	}
	for i, c := range v {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		lower[i] = c
	}
	switch string(lower[:len(v)]) {
	case "true", "false", "null", "none", "nil", "undefined", "yes", "no", "on", "off",
		"enabled", "disabled", "enable", "disable", "default", "auto", "test", "testing", "tests",
		"localhost", "local", "127.0.0.1", "0.0.0.0", "host", "port", "http", "https", "tcp", "udp",
		"docker", "kubernetes", "linux", "ubuntu", "debian", "alpine", "windows", "darwin", "amd64", "arm64",
		"debug", "info", "warn", "warning", "error", "trace", "fatal", "notice", "verbose", "silent",
		"dev", "development", "stage", "staging", "prod", "production", "release", "main", "master", "latest",
		"admin", "root", "user", "username", "guest", "name", "password", "passwd", "secret", "token", "key",
		"value", "string", "number", "bool", "boolean", "json", "yaml", "toml", "text", "utf-8", "utf8",
		"postgres", "postgresql", "mysql", "redis", "mongodb", "sqlite", "rabbitmq", "kafka", "nginx",
		"public", "private", "data", "file", "home", "temp", "tmp", "node", "build", "start", "stop",
		"example", "example.com", "unknown", "us-east-1", "us-west-2", "eu-west-1", "github", "gitlab":
		return true
	}
	return false
}
