package format

import (
	"bytes"
	"encoding/hex"
	"io"

	"github.com/postern-project/postern/runtime/redact"
	"github.com/postern-project/postern/runtime/secret"
)

// GitHubMasks appends commands that make a GitHub Actions runner mask the values in
// its log, one for each line of a value: the runner masks the log line by line; and one for
// each string and number of a value that is JSON, which the next step may print alone. It
// leaves out lines that cannot be told from ordinary text, such as "{" and "true":
// masks for them would ruin the log. common are the keys of values that are not
// masked at all for that reason. The same values are errors as in [GitHubEnv].
func GitHubMasks(d *Document, entries []Entry) (common []secret.Key, err error) {
	err = each(d, entries, func(e Entry, value []byte) error {
		if err := commandFile(e, value); err != nil {
			return err
		}
		if !appendMasks(d, value) && len(value) > 0 {
			common = append(common, e.Key)
		}
		redact.EachLeaf(value, func(text []byte) {
			if bytes.IndexByte(text, 0) < 0 { // no log has it
				appendMasks(d, text)
			}
		})
		return nil
	})
	return common, err
}

// appendMasks appends a command for each line of a value that is worth it, and
// reports whether there is one.
func appendMasks(d *Document, value []byte) (masked bool) {
	for len(value) > 0 {
		line := value
		if i := bytes.IndexAny(value, "\r\n"); i >= 0 {
			line, value = value[:i], value[i+1:]
		} else {
			value = nil
		}
		line = bytes.TrimSpace(line) // the log may indent it otherwise
		if redact.Classify(line) == "" {
			appendMask(d, line)
			masked = true
		}
	}
	return masked
}

func appendMask(d *Document, line []byte) {
	d.AppendString("::add-mask::")
	for _, b := range line {
		if b == '%' {
			d.AppendString("%25")
		} else {
			d.Append(b)
		}
	}
	d.Append('\n')
}

// GitHubEnv appends assignments for the file that GITHUB_ENV names. Each value is
// enclosed by a delimiter with 128 random bits, so that no value can contain the
// delimiter and set other variables. A value that has a NUL byte, is not UTF-8 or
// ends with a carriage return is an error with the code invalid_value; other errors
// are those of random.
func GitHubEnv(d *Document, random io.Reader, entries []Entry) error {
	return each(d, entries, func(e Entry, value []byte) error {
		if err := commandFile(e, value); err != nil {
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

// commandFile returns an error if a runner would not read a value as it is.
func commandFile(e Entry, value []byte) error {
	if bytes.HasSuffix(value, []byte("\r")) {
		return refuse(e, "the value ends with a carriage return, which a runner on Windows would drop")
	}
	return text(e, value, "a command file")
}
