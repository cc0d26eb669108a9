package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/postern-project/postern/runtime/secret"
)

// Message is a message to the user on standard error: lines of text, or one JSON
// object on a line of its own, like the records of the log, if that is JSON.
type Message struct {
	Time     string `json:"time"`
	Level    string `json:"level"` // ERROR, WARN or INFO, as in the log
	Text     string `json:"msg"`
	Code     string `json:"code,omitempty"` // an error code, or "usage"
	Exit     int    `json:"exit,omitempty"`
	Op       string `json:"op,omitempty"`
	Key      string `json:"key,omitempty"`
	Provider string `json:"provider,omitempty"`
	Module   string `json:"module,omitempty"` // what the module said about its failure
	File     string `json:"file,omitempty"`   // that the error may be about, the one of its path, or the only one granted
	Hint     string `json:"hint,omitempty"`   // a command to type
}

// levels are the levels of the kinds of messages.
var levels = map[string]string{"error": "ERROR", "warning": "WARN"}

// Say prints one message to standard error. kind is "error", "warning" or "hint".
func (a *App) Say(kind, text string) {
	if !a.JSON {
		_, _ = fmt.Fprintf(a.Stderr, "postern: %s: %s\n", kind, Clean(text))
		return
	}
	level, ok := levels[kind]
	if !ok {
		level = "INFO"
	}
	a.line(Message{Level: level, Text: text})
}

// SayError prints an error, with its code, key and provider if the output is JSON.
// It fills in what m lacks.
func (a *App) SayError(err error, m Message) {
	if m.Hint = a.WithGlobals(m.Hint); a.Quiet {
		m.Hint = ""
	}
	if !a.JSON {
		a.Say("error", m.Text)
		if said := a.ModuleSays(err); said != "" {
			a.Say("module", said)
		}
		if m.Hint != "" {
			a.Say("hint", m.Hint)
		}
		return
	}
	var e *secret.Error
	if errors.As(err, &e) {
		m.Op, m.Key, m.Provider = string(e.Op), string(e.Key), providerOf(e)
	}
	if m.Code == "" {
		m.Code = CodeOf(err, m.Exit)
	}
	m.Level, m.Module = "ERROR", ModuleText(err)
	if a.ModuleSays(err) != "" {
		m.File, _ = a.fileOf(err)
	}
	a.line(m)
}

// CodeOf returns the code of an error that ends postern with an exit code.
func CodeOf(err error, exit int) string {
	if exit == ExitUsage {
		return "usage"
	}
	return string(secret.CodeOf(err))
}

// FindFormat looks for --log-format in the arguments of a command line that is
// invalid, so that its error has that format, too.
func (a *App) FindFormat(args []string) {
	for i := 1; i < len(args) && args[i] != "--" && !a.parsed; i++ {
		name, value, ok := strings.Cut(args[i], "=")
		if strings.TrimLeft(name, "-") != "log-format" || !strings.HasPrefix(name, "-") {
			continue
		}
		if !ok && i+1 < len(args) {
			value = args[i+1]
		}
		a.JSON = value == "json"
	}
}

// line prints m as one line of JSON.
func (a *App) line(m Message) {
	m.Time = time.Now().Format(time.RFC3339Nano)
	m.Text, m.Module, m.File, m.Hint = Clean(m.Text), Clean(m.Module), Clean(m.File), Clean(m.Hint)
	e := json.NewEncoder(a.Stderr)
	e.SetEscapeHTML(false)
	_ = e.Encode(m)
}
