package format

import (
	"bytes"
	"encoding/hex"
	"io"
)

// GitHubMasks appends commands that make a GitHub Actions runner mask the values in
// its log. There is one for each value and, because the runner masks the log line by
// line, one for each line of a value with several lines. Blank lines are left out:
// the runner rejects them. The same values are errors as in [GitHubEnv].
func GitHubMasks(d *Document, entries []Entry) error {
	return each(d, entries, func(e Entry, value []byte) error {
		if err := text(e, value, "a command file"); err != nil {
			return err
		}
		appendMask(d, value)
		if !bytes.ContainsAny(value, "\r\n") {
			return nil
		}
		for len(value) > 0 {
			line := value
			if i := bytes.IndexAny(value, "\r\n"); i >= 0 {
				line, value = value[:i], value[i+1:]
			} else {
				value = nil
			}
			appendMask(d, line)
		}
		return nil
	})
}

func appendMask(d *Document, value []byte) {
	if len(bytes.TrimSpace(value)) == 0 {
		return
	}
	d.AppendString("::add-mask::")
	for _, b := range value {
		switch b {
		case '%':
			d.AppendString("%25")
		case '\r':
			d.AppendString("%0D")
		case '\n':
			d.AppendString("%0A")
		default:
			d.Append(b)
		}
	}
	d.Append('\n')
}

// GitHubEnv appends assignments for the file that GITHUB_ENV names. Each value is
// enclosed by a delimiter with 128 random bits, so that no value can contain the
// delimiter and set other variables. A value that has a NUL byte or is not UTF-8 is
// an error with the code invalid_value; other errors are those of random.
func GitHubEnv(d *Document, random io.Reader, entries []Entry) error {
	return each(d, entries, func(e Entry, value []byte) error {
		if err := text(e, value, "a command file"); err != nil {
			return err
		}
		var bits [16]byte
		if _, err := io.ReadFull(random, bits[:]); err != nil {
			return err
		}
		end := "postern_" + hex.EncodeToString(bits[:])
		d.AppendString(e.Name + "<<" + end + "\n")
		d.Append(value...)
		d.AppendString("\n" + end + "\n")
		return nil
	})
}
