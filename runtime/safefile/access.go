package safefile

import (
	"slices"
	"strings"
)

// access says whose a file or folder is on Windows, and who may do what with it.
// Accounts and groups are security identifiers, such as "S-1-5-18".
type access struct {
	folder bool
	owner  string
	open   bool          // there is no list, so that everybody may do everything
	list   []accessEntry // the discretionary access list
}

// accessEntry is one entry of an access list.
type accessEntry struct {
	kind    uint8
	flags   uint8
	rights  uint32
	account string // "" if the kind of the entry is not known
}

// The kinds of entries. A conditional entry counts as if its condition holds.
const (
	entryAllows             = 0
	entryDenies             = 1
	entryDeniesObject       = 6
	entryAllowsConditional  = 9
	entryDeniesConditional  = 10
	entryDeniesObjectIfTrue = 12
)

// inheritOnly marks an entry that holds for what is created in a folder, and not for
// the folder.
const inheritOnly = 0x8

// The rights in an access list.
const (
	mayReadData        = 0x1 // list a folder
	mayWriteData       = 0x2 // create files in a folder
	mayAppend          = 0x4 // create folders in a folder
	mayExecute         = 0x20
	mayDeleteChild     = 0x40
	mayWriteAttributes = 0x100 // enough to turn it into a link
	mayDelete          = 0x10000
	mayWriteList       = 0x40000
	mayWriteOwner      = 0x80000
	mayAll             = 0x10000000
	mayRunGeneric      = 0x20000000
	mayWriteGeneric    = 0x40000000
	mayReadGeneric     = 0x80000000

	// toExchangeBelow are the rights to the root of a volume by which what is in it is
	// replaced: creating something else there is not among them.
	toExchangeBelow = mayDeleteChild | mayWriteList | mayWriteOwner | mayAll
	// toExchange are those to a folder, which itself can be moved away.
	toExchange = toExchangeBelow | mayDelete
	// toWrite are the rights by which a file or folder itself is changed.
	toWrite = toExchange | mayWriteData | mayAppend | mayWriteAttributes | mayWriteGeneric
	// toRead are the rights by which a file is read or a folder entered.
	toRead = mayReadData | mayExecute | mayAll | mayRunGeneric | mayReadGeneric
)

// systemAccounts are those that may do everything anyway: the system, the group of
// administrators and the installer of Windows.
var systemAccounts = []string{
	"S-1-5-18",
	"S-1-5-32-544",
	"S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
}

// ownerAccounts stand for the owner, who is checked separately: a placeholder that
// creating a file replaces, and the rights of the owner.
var ownerAccounts = []string{"S-1-3-0", "S-1-3-4"}

const everybody = "S-1-1-0"

// problemOf returns what is wrong if anyone but the user and the system owns it or has
// one of the rights, 0 if nothing is, and who else has them. Entries that deny do
// not count: they can only take away. An entry that cannot be read counts as one
// for everybody.
func (a access) problemOf(user string, rights uint32) (p Problem, others []string) {
	if a.owner != user && !slices.Contains(systemAccounts, a.owner) {
		return ForeignOwner, nil
	}
	if a.open {
		others = []string{everybody}
	}
	for _, e := range a.list {
		account := e.account
		switch e.kind {
		case entryDenies, entryDeniesObject, entryDeniesConditional, entryDeniesObjectIfTrue:
			continue
		case entryAllows, entryAllowsConditional:
			if e.rights&rights == 0 || account == user || slices.Contains(systemAccounts, account) || slices.Contains(ownerAccounts, account) {
				continue
			}
		default:
			account = everybody
		}
		if e.flags&inheritOnly == 0 && !slices.Contains(others, account) {
			others = append(others, account)
		}
	}
	if others == nil {
		return 0, nil
	}
	return Writable, others
}

// accessSystem is what the rules ask on Windows; tests put their own in its place.
type accessSystem interface {
	// user returns the current user.
	user() string
	// name returns the name of an account, and the account itself without one.
	name(account string) string
	// look describes what is at a path, and where it leads if it is a link.
	look(path string) (a access, link string, err error)
	// volume returns the volume that a path begins with, "" if none.
	volume(path string) string
}

// checkAccess applies the rule to what a describes.
func (r Rule) checkAccess(s accessSystem, path string, a access, rights uint32) error {
	problem, others := a.problemOf(s.user(), rights)
	if problem == 0 && r.Private {
		if problem, others = a.problemOf(s.user(), toRead); problem == Writable {
			problem = Readable
		}
	}
	if problem == 0 {
		return nil
	}
	e := &OwnerError{Path: path, Folder: a.folder, Owner: s.name(a.owner), Problem: problem}
	quoted := `"` + path + `"`
	switch {
	case problem == ForeignOwner:
		e.fix = "icacls " + quoted
	case a.open:
		e.fix = "icacls " + quoted + " /reset"
	default:
		// Inherited entries become the file's own ones, which can be removed.
		e.fix = "icacls " + quoted + " /inheritance:d /remove:g *" + strings.Join(others, " *")
	}
	e.others = []string{} // an access list counts, not the mode
	for _, account := range others {
		e.others = append(e.others, s.name(account))
	}
	return e
}

// walkAccess follows an absolute path from the root of its volume as the system
// would, and checks all that it meets, as walk does. Others may create entries in a
// folder on the way, as in a sticky folder, but not replace what is there.
func walkAccess(s accessSystem, full string) error {
	rule := trusted()
	at, rest, links := accessRoot(s, full), accessNames(s, full), 0
	a, _, err := s.look(at)
	for {
		for len(rest) > 0 && (rest[0] == "" || rest[0] == ".") {
			rest = rest[1:]
		}
		switch {
		case err != nil:
			return err
		case len(rest) == 0:
			return rule.checkAccess(s, at, a, toWrite)
		}
		rights := uint32(toExchange)
		if at == accessRoot(s, at) {
			rights = toExchangeBelow
		}
		if err := rule.checkAccess(s, at, a, rights); err != nil {
			return err
		}
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			at = accessParent(s, at)
			a, _, err = s.look(at)
			continue
		}
		next := strings.TrimSuffix(at, `\`) + `\` + name
		found, link, lookErr := s.look(next)
		if lookErr != nil {
			return lookErr
		}
		if link == "" {
			at, a = next, found
			continue
		}
		if err := rule.checkAccess(s, next, found, toWrite); err != nil {
			return err
		}
		if links++; links > maxLinks {
			return pathError("check", full, errLinks)
		}
		rest = append(accessNames(s, link), rest...)
		switch {
		case s.volume(link) != "":
			at = accessRoot(s, link)
		case strings.HasPrefix(link, `\`):
			at = accessRoot(s, at)
		}
		a, _, err = s.look(at)
	}
}

// accessRoot returns the root of the volume of a path.
func accessRoot(s accessSystem, path string) string { return s.volume(path) + `\` }

// accessNames returns the names in a path after its volume.
func accessNames(s accessSystem, path string) []string {
	return strings.FieldsFunc(path[len(s.volume(path)):], func(r rune) bool { return r == '\\' || r == '/' })
}

// accessParent returns the folder above; above the root is the root.
func accessParent(s accessSystem, path string) string {
	root := accessRoot(s, path)
	if i := strings.LastIndexByte(path, '\\'); i >= len(root) {
		return path[:i]
	}
	return root
}
