//go:build unix

package safefile

import (
	"errors"
	"io/fs"
	goruntime "runtime"
	"slices"
	"strconv"
	"strings"
)

// maxNames is the largest file of users or groups that is read, in bytes.
const maxNames = 16 << 20

// account is a line of /etc/passwd.
type account struct {
	name     string
	uid, gid uint32
}

type accounts []account

// name returns the first name of a user.
func (all accounts) name(uid uint32) string {
	for _, a := range all {
		if a.uid == uid {
			return a.name
		}
	}
	return "uid " + strconv.FormatUint(uint64(uid), 10)
}

// aloneInGroup reports whether gid is the primary group of the current user and
// certainly has no other member. Root needs no membership and does not count.
func aloneInGroup(s system, gid uint32) bool {
	uid := s.euid()
	users, err := readAccounts(s)
	if err != nil || !onlyLocalNames(s) || !isGroupShown(s, gid) {
		return false
	}
	own := false
	for _, a := range users {
		switch {
		case a.gid != gid:
		case a.uid == uid:
			own = true
		case a.uid != 0:
			return false
		}
	}
	if !own {
		return false
	}
	members, err := readMembers(s, gid)
	return err == nil && !slices.ContainsFunc(members, func(name string) bool {
		return !slices.ContainsFunc(users, func(a account) bool { return a.name == name && (a.uid == uid || a.uid == 0) })
	})
}

var errNames = errors.New("a line that cannot be understood")

// readAccounts reads /etc/passwd.
func readAccounts(s system) (accounts, error) {
	var all accounts
	err := eachLine(s, "/etc/passwd", 7, func(fields []string) error {
		uid, gid, err := ids(fields[2], fields[3])
		all = append(all, account{fields[0], uid, gid})
		return err
	})
	return all, err
}

// readMembers reads the names of a group's members from /etc/group, where the
// same number may stand in several lines. Those whose primary group it is are
// usually not among them.
func readMembers(s system, gid uint32) ([]string, error) {
	var members []string
	err := eachLine(s, "/etc/group", 4, func(fields []string) error {
		have, _, err := ids(fields[2], "0")
		if have == gid {
			members = append(members, strings.FieldsFunc(fields[3], func(r rune) bool { return r == ',' || r == ' ' })...)
		}
		return err
	})
	return members, err
}

func ids(a, b string) (first, second uint32, err error) {
	x, err := strconv.ParseUint(a, 10, 32)
	if err != nil {
		return 0, 0, errNames
	}
	y, err := strconv.ParseUint(b, 10, 32)
	if err != nil {
		return 0, 0, errNames
	}
	return uint32(x), uint32(y), nil
}

// eachLine calls f with the fields of every line. A line that refers to another
// source of names, as "+" does, or that is damaged is an error.
func eachLine(s system, path string, fields int, f func([]string) error) error {
	text, err := s.readFile(path)
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		parts := strings.Split(line, ":")
		if line[0] == '+' || line[0] == '-' || len(parts) != fields {
			return errNames
		}
		if err := f(parts); err != nil {
			return err
		}
	}
	return nil
}

// onlyLocalNames reports whether users and groups come from /etc/passwd and
// /etc/group alone, beside those that systemd makes up. Without nsswitch.conf, or
// without a line for a database, the two files are the default. On macOS the
// files are not what the system asks.
func onlyLocalNames(s system) bool {
	if goruntime.GOOS == "darwin" || goruntime.GOOS == "ios" {
		return false
	}
	text, err := s.readFile("/etc/nsswitch.conf")
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	for line := range strings.Lines(string(text)) {
		line, _, _ = strings.Cut(line, "#")
		database, sources, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(database) {
		case "passwd", "group", "initgroups":
			if !localSources(sources) {
				return false
			}
		}
	}
	return true
}

// localSources reports whether a list of sources, with actions in brackets
// between them, names only files and systemd.
func localSources(list string) bool {
	for {
		before, after, found := strings.Cut(list, "[")
		for source := range strings.FieldsSeq(before) {
			if source != "files" && source != "systemd" {
				return false
			}
		}
		if !found {
			return true
		}
		if _, list, found = strings.Cut(after, "]"); !found {
			return false
		}
	}
}
