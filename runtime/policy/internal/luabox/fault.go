package luabox

import "fmt"

// Error describes what is wrong with a Lua file. Its texts are for the author
// of the file: they may quote names of the file, at most 64 characters each.
type Error struct {
	File string
	Line int    // 0 if the error is not about one line
	Msg  string // at most a few hundred characters, without line breaks
	Hint string // a name that was probably meant, "" if unknown
}

// Error formats the error as file:line: message.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// Warning describes a probable mistake that does not keep a file from loading.
type Warning struct {
	ID   string // of its kind: "unused-local", "hidden-local" or "when-loop"
	File string
	Line int
	Msg  string
}

// Fault describes why a call of a Lua function stopped.
type Fault struct {
	Limit bool   // a budget or a size limit was exceeded
	Text  string // for the author of the code: one line of at most 300 characters
	File  string // where it stopped, "" if unknown
	Line  int    // 0 if unknown

	err error // the error given to Call.Throw, if that stopped the call
}

// clip cuts text that Lua code made to 300 characters, and keeps it on one line.
func clip(s string) string {
	const most = 300
	out := make([]rune, 0, min(len(s), most))
	for _, r := range s {
		if len(out) == most {
			break
		}
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			r = ' '
		}
		out = append(out, r)
	}
	return string(out)
}
