package safefile

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
)

const (
	me       = "S-1-5-21-1-2-3-1000"
	other    = "S-1-5-21-1-2-3-1001"
	users    = "S-1-5-32-545"
	local    = "S-1-5-18"
	admins   = "S-1-5-32-544"
	full     = 0x1f01ff
	modify   = 0x1301bf
	readOnly = 0x1200a9
)

func allow(account string, rights uint32) accessEntry {
	return accessEntry{kind: entryAllows, rights: rights, account: account}
}

// An access list is accepted if nobody but the user and the system may write.
func TestAccessListsThatLetOthersWriteAreFound(t *testing.T) {
	t.Parallel()
	own := []accessEntry{allow(local, full), allow(admins, full), allow(me, full)}
	also := func(e ...accessEntry) access { return access{owner: me, list: append(slices.Clone(own), e...)} }
	for _, c := range []struct {
		name   string
		access access
		want   Problem
		others string
	}{
		{"the user, the system and administrators", also(), 0, ""},
		{"an empty list", access{owner: me}, 0, ""},
		{"no list", access{owner: me, open: true}, Writable, everybody},
		{"it belongs to administrators", access{owner: admins, list: own}, 0, ""},
		{"it belongs to the system", access{owner: local, list: own}, 0, ""},
		{"it belongs to the installer", access{owner: systemAccounts[2], list: own}, 0, ""},
		{"it belongs to another user", access{owner: other, list: own}, ForeignOwner, ""},
		{"it belongs to nobody", access{list: own}, ForeignOwner, ""},
		{"it belongs to everybody", access{owner: everybody, list: own}, ForeignOwner, ""},
		{"others read", also(allow(users, readOnly)), 0, ""},
		{"others have no right at all", also(allow(users, 0)), 0, ""},
		{"others change it", also(allow(users, modify)), Writable, users},
		{"others have every right", also(allow(everybody, full)), Writable, everybody},
		{"two others", also(allow(users, modify), allow(other, full), allow(users, full)), Writable, users + " " + other},
		{"others write data", also(allow(users, mayWriteData)), Writable, users},
		{"others append", also(allow(users, mayAppend)), Writable, users},
		{"others change attributes", also(allow(users, mayWriteAttributes)), Writable, users},
		{"others delete", also(allow(users, mayDelete)), Writable, users},
		{"others delete entries", also(allow(users, mayDeleteChild)), Writable, users},
		{"others change the list", also(allow(users, mayWriteList)), Writable, users},
		{"others take it", also(allow(users, mayWriteOwner)), Writable, users},
		{"others write, as a generic right", also(allow(users, mayWriteGeneric)), Writable, users},
		{"others do all, as a generic right", also(allow(users, mayAll)), Writable, users},
		{"others read and run, as generic rights", also(allow(users, mayReadGeneric|mayRunGeneric)), 0, ""},
		{"the owner's placeholder and rights", also(allow("S-1-3-0", full), allow("S-1-3-4", full)), 0, ""},
		{"the group's placeholder", also(allow("S-1-3-1", full)), Writable, "S-1-3-1"},
		{"inherited entries count", also(accessEntry{0, 0x10, modify, users}), Writable, users},
		{"entries for what is created do not count", also(accessEntry{0, inheritOnly | 0x3, full, users}), 0, ""},
		{"an entry that denies gives nothing", also(accessEntry{1, 0, full, users}), 0, ""},
		{"an entry that denies before does not help", access{owner: me, list: []accessEntry{{1, 0, mayWriteData, users}, allow(users, modify)}}, Writable, users},
		{"a conditional entry", also(accessEntry{9, 0, modify, users}), Writable, users},
		{"a conditional entry for the user", also(accessEntry{9, 0, modify, me}), 0, ""},
		{"conditional and object entries that deny", also(accessEntry{6, 0, full, ""}, accessEntry{10, 0, full, ""}, accessEntry{12, 0, full, ""}), 0, ""},
		{"an entry for an object", also(accessEntry{5, 0, modify, ""}), Writable, everybody},
		{"an entry of an unknown kind", also(accessEntry{99, 0, 0, me}), Writable, everybody},
		{"an entry of an unknown kind for what is created", also(accessEntry{99, inheritOnly, full, me}), 0, ""},
		{"an account whose name begins alike", also(allow(me+"1", modify), allow("S-1-5-180", modify)), Writable, me + "1 S-1-5-180"},
	} {
		problem, others := c.access.problemOf(me, toWrite)
		if problem != c.want || strings.Join(others, " ") != c.others {
			t.Errorf("%s: %v, %q, want %v, %q", c.name, problem, others, c.want, c.others)
		}
	}
}

// accessTree is a file system of Windows: folders and files by path, and links.
type accessTree struct {
	own   map[string]access
	links map[string]string
}

func (accessTree) user() string { return me }

func (accessTree) name(account string) string {
	if account == users {
		return `BUILTIN\Users`
	}
	return account
}

func (accessTree) volume(path string) string {
	if len(path) > 1 && path[1] == ':' {
		return path[:2]
	}
	return ""
}

func (s accessTree) look(path string) (access, string, error) {
	a, ok := s.own[path]
	if !ok {
		return a, "", pathError("check", path, fs.ErrNotExist)
	}
	return a, s.links[path], nil
}

// What a path leads through on Windows is checked, and links are followed as the
// system does.
func TestAccessListsOnAPath(t *testing.T) {
	t.Parallel()
	closed := access{owner: me, list: []accessEntry{allow(me, full), allow(users, readOnly)}}
	creates := access{owner: systemAccounts[2], folder: true, list: []accessEntry{
		allow(users, readOnly|mayAppend|mayWriteData), {0, inheritOnly | 0x3, modify, users},
	}}
	// As Windows makes the root of a volume for data.
	volume := access{owner: local, folder: true, list: []accessEntry{
		allow(admins, full), allow(users, modify), {0, inheritOnly | 0x3, modify, users},
	}}
	shared := access{owner: me, folder: true, list: []accessEntry{allow(me, full), allow(users, modify|mayDeleteChild)}}
	tree := func(more map[string]access) map[string]access {
		all := map[string]access{`C:\`: creates, `C:\Users`: closed, `C:\Users\me`: closed, `C:\Users\me\f`: closed}
		for path, a := range more {
			all[path] = a
		}
		return all
	}
	type links = map[string]string
	for _, c := range []struct {
		name  string
		more  map[string]access
		links links
		path  string
		want  string // the path that is refused, "" for none
	}{
		{"a profile", nil, nil, `C:\Users\me\f`, ""},
		{"slashes and dots", nil, nil, `C:/Users/./me//f`, ""},
		{"a volume where others create folders", nil, nil, `C:\`, `C:\`},
		{"a file that others write", map[string]access{`C:\Users\me\f`: shared}, nil, `C:\Users\me\f`, `C:\Users\me\f`},
		{"a folder that others delete from", map[string]access{`C:\Users\me`: shared}, nil, `C:\Users\me\f`, `C:\Users\me`},
		{"a folder of somebody else", map[string]access{`C:\Users\me`: {owner: other}}, nil, `C:\Users\me\f`, `C:\Users\me`},
		{"a folder where others create", map[string]access{`C:\Users\me`: creates}, nil, `C:\Users\me\f`, ""},
		{"a volume whose folders others change", map[string]access{`D:\`: volume, `D:\f`: closed}, nil, `D:\f`, ""},
		{"a folder that others move away", map[string]access{`D:\`: volume, `D:\d`: volume, `D:\d\f`: closed}, nil, `D:\d\f`, `D:\d`},
		{"an absolute link", map[string]access{`D:\`: creates, `D:\d`: closed}, links{`C:\Users\me\f`: `D:\d`}, `C:\Users\me\f`, ""},
		{"an absolute link into a shared folder", map[string]access{`D:\`: creates, `D:\d`: shared, `D:\d\f`: closed}, links{`C:\Users\me\f`: `D:\d\f`}, `C:\Users\me\f`, `D:\d`},
		{"a junction on the way", map[string]access{`D:\`: creates, `D:\d`: closed, `D:\d\f`: shared}, links{`C:\Users\me`: `D:\d\`}, `C:\Users\me\f`, `D:\d\f`},
		{"a link from the root of the volume", map[string]access{`C:\x`: closed}, links{`C:\Users\me\f`: `\x`}, `C:\Users\me\f`, ""},
		{"a relative link", map[string]access{`C:\Users\me\g`: closed}, links{`C:\Users\me\f`: `g`}, `C:\Users\me\f`, ""},
		{"a relative link upwards", map[string]access{`C:\x`: shared}, links{`C:\Users\me\f`: `..\..\..\..\x`}, `C:\Users\me\f`, `C:\x`},
		{"a link that others exchange", map[string]access{`C:\Users\me\f`: shared, `C:\x`: closed}, links{`C:\Users\me\f`: `\x`}, `C:\Users\me\f`, `C:\Users\me\f`},
	} {
		err := walkAccess(accessTree{tree(c.more), c.links}, c.path)
		var owner *OwnerError
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &owner) || owner.Path != c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	for name, want := range map[string]error{`C:\Users\me\g`: fs.ErrNotExist, `E:\`: fs.ErrNotExist, `C:\Users\me\f\..\g`: fs.ErrNotExist} {
		if err := walkAccess(accessTree{tree(nil), nil}, name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
	if err := walkAccess(accessTree{tree(nil), links{`C:\Users\me\f`: `f`}}, `C:\Users\me\f`); !errors.Is(err, errLinks) {
		t.Errorf("a link to itself: %v, want %v", err, errLinks)
	}
}

// The error names who else has access, and a command that takes it away.
func TestAccessErrorsSayHowToMend(t *testing.T) {
	t.Parallel()
	list := func(e ...accessEntry) access { return access{owner: me, list: e} }
	for _, c := range []struct {
		rule   Rule
		access access
		want   string
	}{
		{Rule{}, list(allow(users, modify), allow(other, full)), `"C:\\a b" is writable by others (owner ` + me + `, access for BUILTIN\Users, ` + other + `); hint: icacls "C:\a b" /inheritance:d /remove:g *` + users + ` *` + other},
		{Rule{}, access{owner: me, open: true}, `"C:\\a b" is writable by others (owner ` + me + `, access for S-1-1-0); hint: icacls "C:\a b" /reset`},
		{Rule{}, access{owner: other}, `"C:\\a b" belongs to another user (owner ` + other + `); hint: icacls "C:\a b"`},
		{Rule{Private: true}, list(allow(users, readOnly)), `"C:\\a b" is readable by others (owner ` + me + `, access for BUILTIN\Users); hint: icacls "C:\a b" /inheritance:d /remove:g *` + users},
		{Rule{Private: true}, list(allow(me, full), allow(admins, full)), "<nil>"},
		{Rule{}, list(allow(users, readOnly)), "<nil>"},
	} {
		err := c.rule.checkAccess(accessTree{}, `C:\a b`, c.access, toWrite)
		if got := "<nil>"; err != nil && err.Error() != c.want || err == nil && got != c.want {
			t.Errorf("%+v of %+v:\n got %v\nwant %s", c.rule, c.access, err, c.want)
		}
	}
}
