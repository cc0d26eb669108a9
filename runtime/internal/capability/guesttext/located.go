package guesttext

import (
	"regexp"
	"strings"
	"sync"
)

// messages are what the built-in modules say of a file. They are words of the program, not
// of a file: a module that says one shows nothing, whatever the file contains. A # stands
// for a number, and an @ for the key that the caller named.
var messages = []string{
	"line #, column #: duplicate key",
	"line #, column #: duplicate table",
	"line #, column #: more than one document",
	"line #, column #: not JSON",
	"line #, column #: not TOML",
	"line #, column #: not YAML",
	"line #, column #: not an assignment",
	"line #, column #: text after the closing quote",
	"line #, column #: the document is not a mapping",
	"line #, column #: the document is not an object",
	"line #, column #: unclosed quote",
	"line #: not UTF-8",
	"line #: a shell reads on behind it, because of a quote, a bracket or a backslash; put its value in single quotes",

	"the file is larger than 1 MiB",
	"the file has more than 20000 members",
	"the file is nested deeper than 64 levels",
	"the keys or aliases of the file have more than 4 MiB",
	"the file has more than 150000 tokens",
	"folders are nested deeper than 16 levels",
	"the path is a file, not a folder; set format if its name does not say it",
	"the folder of the key does not exist",
	"a name in a folder must not begin with .., nor be that of a leftover of an editor or file system",
	"the key is a table",
	"the key is a list",
	"aliases refer to it",
	"only SOPS can edit it",
	"only DOTENVX can set it",
	"the edit would change other keys; nothing was written",
	"path is not set",
	"prefix must not contain = or NUL",
	"unknown names; want exact or path",

	"@: a text file must be UTF-8",
	"@: a text file cannot contain NUL",
	"@: its tag does not allow the value",
	"@: shells keep this name for themselves",
	"@: a name in a dotenv file has letters, digits and _, and does not begin with a digit",
	"@: dotenv readers differ on a carriage return",
	"@: some dotenv readers expand ${...}",
	"@: dotenv readers differ on a backslash at the end or before a backslash",
	"@: dotenv readers differ on a value with a single quote and one of \" \\ $ `",
}

// located matches the messages. What stands for a number or a key is a group.
var located = sync.OnceValue(func() *regexp.Regexp {
	all := make([]string, len(messages))
	for i, m := range messages {
		all[i] = strings.NewReplacer("#", "([0-9]{1,9})", "@", "(.+)").Replace(regexp.QuoteMeta(m))
	}
	return regexp.MustCompile("^(?:" + strings.Join(all, "|") + ")$")
})

// message is a text that is one of the messages, in parts: every second one is a number or
// a key, and those between them are words of the program.
type message []string

// messageOf returns the message that a text is, nil if it is none.
func messageOf(text string) message {
	at := located().FindStringSubmatchIndex(text)
	if at == nil {
		return nil
	}
	m, end := message{}, 0
	for i := 2; i < len(at); i += 2 {
		if at[i] >= 0 {
			m = append(m, text[end:at[i]], text[at[i]:at[i+1]])
			end = at[i+1]
		}
	}
	return append(m, text[end:])
}

// gaps returns the numbers and keys that are long enough to be a part of a value.
func (m message) gaps() (numbers, keys []*string) {
	for i := 1; i < len(m); i += 2 {
		switch {
		case len(m[i]) < MinPart:
		case strings.Trim(m[i], "0123456789") == "":
			numbers = append(numbers, &m[i])
		default:
			keys = append(keys, &m[i])
		}
	}
	return numbers, keys
}

func (m message) String() string { return strings.Join(m, "") }
