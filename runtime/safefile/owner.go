package safefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// Rule says who may own and write one file or folder. The zero Rule is the
// strictest: the current user owns it and nobody else may write it.
//
// On Windows its access list counts instead of the mode. There, Administrators, SYSTEM
// and TrustedInstaller may always own and write it, and Group has no meaning: no other
// group may write.
type Rule struct {
	// Root lets root own it too.
	Root bool

	// Group says which group may write it.
	Group GroupRule

	// Private keeps the group and others from reading and entering it as well.
	Private bool
}

// GroupRule says which group may write a file or folder.
type GroupRule int

const (
	// NoGroup lets no group write.
	NoGroup GroupRule = iota

	// OwnGroup lets the current user's primary group write if it has no other
	// member. Members are looked up in /etc/passwd and /etc/group. If
	// /etc/nsswitch.conf names a source of users or groups other than files and
	// systemd, members may be elsewhere and the group may not write.
	OwnGroup

	// AnyGroup lets every group write.
	AnyGroup
)

// trusted is the rule of CheckOwner.
func trusted() Rule { return Rule{Root: true, Group: OwnGroup} }

// Check applies the rule to one file or folder, which info describes; the path
// names it in the error and finds its access list. The error is an *[OwnerError].
// Folders above are not looked at: that is [CheckOwner].
//
// Where [OwnersKnown] is false, Check returns nil.
func (r Rule) Check(path string, info fs.FileInfo) error { return r.check(path, info) }

// CheckOwner returns nil if nobody but root and the current user (by effective
// user ID) can change the file or folder at path, neither by writing it nor by
// putting another in its place. It holds these to Rule{Root: true, Group:
// [OwnGroup]}: the file, every folder from the root of the file system down to
// it, and the symbolic links that the path goes through with all folders above
// their targets. A sticky folder on the way, such as /tmp, may be written by
// everybody: there, only the owner of an entry replaces it.
//
// In a user namespace of Linux that does not map every user, one that it does not map may
// own these folders on the way: the root of the file system, /tmp, /var/tmp, /dev/shm,
// /run/user, and all above them and above the current user's home, which HOME names and
// which that user owns. Their owner could do anything to the current user anyway. What
// else an unmapped user owns is refused, since that may be anybody.
//
// The error is an *[OwnerError] for the first of them that breaks the rule, and
// an error of the system if one cannot be looked at. Access lists count on Linux.
//
// On Windows the owner of each must be the current user, Administrators, SYSTEM or
// TrustedInstaller. Nobody else may have the right to write or delete the file, to
// change its access list, owner or attributes; nor to delete a folder above or what is
// in it, or to change its access list or owner. Creating other files there is no such
// right. An entry of an access list that denies rights is not taken into account.
//
// Where [OwnersKnown] is false, CheckOwner returns nil.
func CheckOwner(path string) error { return checkOwner(path) }

// CheckPlaced is for a file that was found at path, which info describes. If it belongs
// to another user than root and the current one, it returns the name of the owner, and an
// error if anyone but that owner and root could have put it there: then nobody knows who
// wrote its content. The error is that of [CheckOwner] for the owner and the folder of
// path.
//
// On Windows, and where [OwnersKnown] is false, it returns "" and nil.
func CheckPlaced(path string, info fs.FileInfo) (owner string, err error) {
	return checkPlaced(path, info)
}

// CheckKept is [CheckPlaced] for an old file at path that a new one with values is about to
// replace, keeping its owner. Nor may the path lead through a folder of that owner that
// is where everybody may make folders, such as in /tmp. An error means that nobody has
// decided that this owner may have the values.
//
// It returns "" and nil where the new file does not get the owner of old: for a user
// other than root, and on Windows.
func CheckKept(path string, old fs.FileInfo) (owner string, err error) {
	return checkKept(path, old)
}

// CheckAppended is for a file at path that is about to get more values and keeps its owner:
// [CheckKept] for root, and [CheckPlaced] for others.
func CheckAppended(path string, info fs.FileInfo) (owner string, err error) {
	if os.Geteuid() == 0 {
		return checkKept(path, info)
	}
	return checkPlaced(path, info)
}

// CheckGroup is for an old file at path that a new one with values is about to replace, with
// rights for its group or others. It returns an error if anyone but root, the current user,
// the owner of old and, in its folder, the group of old could have put old there: then
// nobody has decided that these may have the values. The error is that of [CheckOwner] for
// the folder of path.
//
// On Windows, and where [OwnersKnown] is false, it returns nil.
func CheckGroup(path string, old fs.FileInfo) error { return checkGroup(path, old) }

// OwnerError describes a file or folder that someone else can change.
type OwnerError struct {
	Path    string      // the file or folder
	Folder  bool        // it is a folder
	Owner   string      // its owner by name; without a name as "uid 1001" or "S-1-5-21-1", or "not mapped"
	Mode    fs.FileMode // its permissions; 0 on Windows
	Problem Problem
	private bool // neither group nor others may read it
	mine    bool // it belongs to the current user
	root    bool // the current user is root, or on Windows may have to be an administrator

	others []string // on Windows: who else may write or read it, by name, and not nil
	fix    string   // on Windows: the command that mends it
}

var errNoOwner = errors.New("the system does not say whose file this is")

// maxLinks is how many symbolic links a path may go through, as on Linux.
const maxLinks = 40

var errLinks = errors.New("too many links")

// Problem is what an [OwnerError] is about.
type Problem int

const (
	// ForeignOwner means that it belongs to another user.
	ForeignOwner Problem = iota + 1
	// Writable means that its group, others or an access list may write it.
	Writable
	// Readable means that its group or others may read or enter it.
	Readable
	// HiddenOwner means that it belongs to a user whom the user namespace of the
	// process, on Linux, does not map: that may be root outside, or anybody else.
	HiddenOwner
)

// String returns the problem as a verb phrase about the file.
func (p Problem) String() string {
	switch p {
	case ForeignOwner:
		return "belongs to another user"
	case Writable:
		return "is writable by others"
	case Readable:
		return "is readable by others"
	case HiddenOwner:
		return "belongs to a user whom this user namespace does not map"
	}
	return "Problem(" + strconv.Itoa(int(p)) + ")"
}

// Error names the file, its owner and its mode, says what is wrong, and which command
// helps.
func (e *OwnerError) Error() string { return e.Text() + "; hint: " + e.Fix() }

// Text is Error without the hint.
func (e *OwnerError) Text() string {
	return fmt.Sprintf("%q %s (%s)", e.Path, e.Problem, e.Details())
}

// Details returns in words the owner and the mode, or on Windows who else may
// write or read it.
func (e *OwnerError) Details() string {
	switch {
	case len(e.others) > 0:
		return fmt.Sprintf("owner %s, access for %s", e.Owner, strings.Join(e.others, ", "))
	case e.others != nil:
		return "owner " + e.Owner
	}
	return fmt.Sprintf("owner %s, mode %04o", e.Owner, unixMode(e.Mode))
}

// Fix returns a command of the shell, or on Windows of the command prompt, that helps.
// It takes rights away from others, or it uses the file as its owner or a copy of it, or
// it shows whose it is. It never changes the owner of anything, and takes nothing from a
// folder that everybody uses: somebody needs them as they are.
func (e *OwnerError) Fix() string {
	path := shellWord(e.Path)
	switch {
	case e.fix != "":
		return e.fix
	case e.Problem == HiddenOwner && e.Folder:
		return "cat /proc/self/uid_map"
	case e.Problem == ForeignOwner && e.root:
		return "sudo -H -u " + shellWord(strings.Replace(e.Owner, "uid ", "#", 1)) + " -s"
	case (e.Problem == ForeignOwner || e.Problem == HiddenOwner) && !e.Folder:
		return "cp " + path + " " + shellWord(e.Path+".copy") + " && mv -f " + shellWord(e.Path+".copy") + " " + path
	case e.Problem == ForeignOwner, e.Folder && e.Mode&fs.ModeSticky != 0, !e.mine && !e.root:
		return "ls -ld " + path
	case e.private:
		return "chmod go= " + path
	}
	return "chmod go-w " + path
}

// unixMode returns the mode as chmod takes it.
func unixMode(m fs.FileMode) uint32 {
	n := uint32(m.Perm())
	for bit, value := range map[fs.FileMode]uint32{fs.ModeSetuid: 0o4000, fs.ModeSetgid: 0o2000, fs.ModeSticky: 0o1000} {
		if m&bit != 0 {
			n |= value
		}
	}
	return n
}

// shellWord quotes an argument of a command that people copy.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("/._-+:@%", r) || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
	}
	if strings.HasPrefix(s, "-") {
		s = "./" + s // not an option
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
