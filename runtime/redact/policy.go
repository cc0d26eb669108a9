package redact

import "bytes"

// Reason says why a value is not searched in streams. It never holds any part
// of the value.
type Reason string

// The reasons. Values under four bytes, and values that ordinary text is full
// of, would mask half of every log and so tell what they are.
const (
	searched Reason = ""

	ReasonEmpty    Reason = "empty"
	ReasonBlank    Reason = "only white space"
	ReasonShort    Reason = "shorter than 4 bytes"
	ReasonRepeated Reason = "one character repeated"
	ReasonDigits   Reason = "at most 5 digits"
	ReasonEveryday Reason = "an everyday word"
)

const (
	minValue  = 4
	maxDigits = 5
)

// classify decides whether a value can be told from ordinary text.
func classify(v []byte) Reason {
	if len(v) == 0 {
		return ReasonEmpty
	}
	v = bytes.Trim(v, whiteSpace)
	switch {
	case len(v) == 0:
		return ReasonBlank
	case len(v) <= maxDigits && len(bytes.Trim(v, "0123456789")) == 0:
		return ReasonDigits
	case len(v) < minValue:
		return ReasonShort
	case repeated(v):
		return ReasonRepeated
	case everyday(v):
		return ReasonEveryday
	}
	return searched
}

// repeated reports whether v is one character (of one to four bytes) over and
// over.
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

// everyday reports whether v is a word that logs are full of, in any case.
func everyday(v []byte) bool {
	if len(v) > 16 {
		return false
	}
	switch string(bytes.ToLower(v)) {
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
