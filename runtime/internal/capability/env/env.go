package env

import (
	"os"
	goruntime "runtime"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
	"github.com/postern-project/postern/runtime/safefile"
)

// comparedNames is how many names of variables are compared for one unit.
const comparedNames = 2

// How many bytes one entry of a copy of the environment, and of an index of it, count as.
const (
	environEntry = 16
	indexEntry   = 64
)

// fewLookups is how often a call searches a configured environment before it is indexed.
const fewLookups = 4

// warnedCost is how many bytes a variable with a warning counts as, besides its name.
const warnedCost = 64

// fileSuffix marks a variable whose value is the path of a file with the value.
const fileSuffix = "_FILE"

// Files reads granted files, for variables with the suffix _FILE.
type Files interface {
	// Any reports whether any file is granted.
	Any() bool
	// Covers returns path as an absolute one, and whether a files grant covers it.
	Covers(path string) (absolute string, ok bool)
	// Read returns the content of a file. It belongs to the call.
	Read(c *capability.Call, path string) ([]byte, abi.Status)
}

// Env is the capability of one provider.
type Env struct {
	opt    *capability.Options
	grant  patterns
	files  Files
	warned atomic.Bool // a NAME_FILE was found, and nothing is granted in files
}

var _ interface {
	capability.Capability
	capability.Granted
	capability.Stateful
} = (*Env)(nil)

// New returns the capability with a grant: names of variables, each of which may
// end in one star.
func New(grant []string, files Files) *Env { return &Env{grant: slices.Clone(grant), files: files} }

// Module returns "postern_env_v1".
func (*Env) Module() string { return abi.ModuleEnv }

// Open checks the patterns of the grant. It does not read the environment.
func (e *Env) Open(o *capability.Options) error {
	e.opt = o
	return e.grant.check(o)
}

// MissingGrant returns an example of a grant if there is none.
func (e *Env) MissingGrant() string {
	if len(e.grant) == 0 {
		return "env: [NAME]"
	}
	return ""
}

// Functions returns the functions of postern_env_v1.
func (e *Env) Functions() map[string]capability.Function {
	return map[string]capability.Function{"get": capability.WithResult(e.get), "list": capability.WithResult(e.list)}
}

// state is the state of one call.
type state struct {
	environ []string          // as it was when the call first copied it
	looked  int               // how often a variable was looked up in it
	index   map[string]string // of environ, after fewLookups lookups
	warned  map[string]bool   // variables with a warning
}

// NewState returns the state for the calls of one instance.
func (*Env) NewState() capability.State { return &state{} }

// Disclose does nothing: values are disclosed when they are given to the guest.
func (*state) Disclose(capability.Disclosed) bool { return true }

// End forgets the environment.
func (s *state) End() { *s = state{} }

func (e *Env) get(c *capability.Call, m capability.Memory, args []uint64) int32 {
	name, ok := m.Name(args[0], args[1])
	m.View(args[2], args[3])
	switch {
	case !ok || name == "" || strings.Contains(name, "="):
		return capability.Status(abi.InvalidKey)
	case !e.grant.match(name):
		return capability.Status(c.DenyQuietly("no env grant covers the variable", name))
	}
	value, found := e.lookup(c, name)
	if found && !e.files.Any() {
		return e.give(c, m, args, name, value)
	}
	if found && e.follows(c, name, value) {
		return capability.Status(abi.NotFound) // it has the path of another variable's value
	}
	path, pointed := e.lookup(c, name+fileSuffix)
	full, covered := e.resolve(c, path)
	switch {
	case found && pointed && covered:
		return capability.Status(c.Refuse(abi.InvalidValue, "both variables are set, want one of them: "+name+", "+name+fileSuffix))
	case found:
		return e.give(c, m, args, name, value)
	case pointed && covered:
		return e.giveFile(c, m, args, name+fileSuffix, full)
	case pointed && path != "":
		e.warn(c, name+fileSuffix)
	}
	return capability.Status(abi.NotFound)
}

// follows reports whether a variable names the file of the variable without the
// suffix _FILE, and is not itself a secret.
func (e *Env) follows(c *capability.Call, name, value string) bool {
	base, isFile := strings.CutSuffix(name, fileSuffix)
	if !isFile || base == "" || !e.grant.match(base) {
		return false
	}
	return e.covers(c, value)
}

// covers reports whether a files grant covers the path in a variable.
func (e *Env) covers(c *capability.Call, path string) bool {
	_, covered := e.resolve(c, path)
	return covered
}

// resolve is Files.Covers, which may have to ask the system.
func (e *Env) resolve(c *capability.Call, path string) (full string, covered bool) {
	c.Charge(capability.SystemUnits + capability.Examined(len(path)))
	return e.files.Covers(path)
}

// warn logs that the file which a variable probably names is not read: once if there is
// no files grant at all, otherwise in each call.
func (e *Env) warn(c *capability.Call, variable string) {
	s := capability.StateOf[*state](c)
	if !e.files.Any() && e.warned.Swap(true) || s.warned[variable] {
		return
	}
	if s.warned == nil {
		s.warned = map[string]bool{}
	}
	c.Hold(len(variable) + warnedCost)
	s.warned[variable] = true
	c.Warn("no files grant covers the path in the variable: " + variable)
}

// give answers with the value of a variable.
func (e *Env) give(c *capability.Call, m capability.Memory, args []uint64, name, value string) int32 {
	dst := m.View(args[2], args[3])
	if int64(len(value)) > e.opt.MaxValue { // no module could return it
		return capability.Status(abi.TooLarge)
	}
	if len(value) <= len(dst) { // else the guest gets the length only
		c.DiscloseString(name, value)
		c.CopyString(dst[:len(value)], value)
	}
	return int32(len(value))
}

// giveFile answers with the content of the file that a variable names, without one
// final line break. A file that cannot be read is never an absent key: the chain
// would give another provider's value for it.
func (e *Env) giveFile(c *capability.Call, m capability.Memory, args []uint64, variable, path string) int32 {
	data, status := e.files.Read(c, path)
	switch status {
	case abi.OK:
	case abi.NotFound, abi.NotConfigured, abi.Capability:
		return capability.Status(c.Refuse(abi.Unavailable, "the file that this variable names cannot be read: "+variable))
	default:
		return capability.Status(status)
	}
	return m.Fill(args[2], args[3], safefile.CutLineEnd(data))
}

func (e *Env) list(c *capability.Call, m capability.Memory, args []uint64) int32 {
	prefix, ok := m.Name(args[0], args[1])
	m.View(args[2], args[3])
	if !ok {
		return capability.Status(abi.InvalidKey)
	}
	names := make([]string, 0, 16)
	for _, entry := range e.environ(c) {
		c.Charge(capability.EntryUnits)
		name, value := split(entry)
		base, isFile := strings.CutSuffix(name, fileSuffix)
		switch {
		case e.follows(c, name, value):
			name = base
		case isFile && base != "" && value != "" && strings.HasPrefix(base, prefix) && e.grant.match(base) && e.files.Any() && !e.isSet(c, base):
			e.warn(c, name) // this explains why the base is not listed
		}
		names = e.appendGranted(names, name, prefix)
	}
	slices.SortFunc(names, c.Compare)
	list := c.NewListing(c.Scratch())
	for _, name := range slices.Compact(names) {
		if !list.Reserve(len(name)) {
			return capability.Status(abi.TooLarge)
		}
		list.Buf = abi.Append(list.Buf, abi.TagName, []byte(name))
	}
	return m.Fill(args[2], args[3], c.Keep(list.Buf))
}

func (e *Env) appendGranted(names []string, name, prefix string) []string {
	if name == "" || !strings.HasPrefix(name, prefix) || !e.grant.match(name) || !utf8.ValidString(name) {
		return names
	}
	return append(names, name)
}

// environ returns the environment as it was when the call first copied it.
func (e *Env) environ(c *capability.Call) []string {
	s := capability.StateOf[*state](c)
	if s.environ == nil {
		c.EndIfDone()
		var own bool
		if s.environ, own = c.Environ(); !own {
			s.environ = os.Environ()
		}
		c.Hold(len(s.environ) * environEntry)
		c.Charge(int64(len(s.environ)) * capability.EntryUnits)
	}
	return s.environ
}

// lookup returns a variable, granted or not, whose name is spelled exactly so in the
// environment. In a configured environment, the last entry of a name counts. The
// environment of the process is read directly: copying it costs more than the rest of a
// call. On Windows it is copied, because there a direct lookup ignores case.
func (e *Env) lookup(c *capability.Call, name string) (value string, found bool) {
	if goruntime.GOOS != "windows" && e.opt.Environ == nil && capability.StateOf[*state](c).environ == nil {
		c.Charge(capability.EntryUnits)
		return os.LookupEnv(name)
	}
	environ := e.environ(c)
	s := capability.StateOf[*state](c)
	if s.looked++; s.looked > fewLookups {
		return s.find(c, name)
	}
	c.Charge(int64(len(environ) / comparedNames))
	for _, entry := range slices.Backward(environ) {
		if n, v := split(entry); n == name {
			return v, true
		}
	}
	return "", false
}

// find is lookup in an index.
func (s *state) find(c *capability.Call, name string) (value string, found bool) {
	if s.index == nil {
		c.Hold(len(s.environ) * indexEntry)
		c.Charge(int64(len(s.environ)) * capability.EntryUnits)
		s.index = make(map[string]string, len(s.environ))
		for _, entry := range s.environ {
			n, v := split(entry)
			s.index[n] = v
		}
	}
	c.Charge(capability.EntryUnits)
	value, found = s.index[name]
	return value, found
}

func (e *Env) isSet(c *capability.Call, name string) bool {
	_, found := e.lookup(c, name)
	return found
}

// split returns the parts of NAME=VALUE. Names that begin with an equals sign,
// which Windows has, become empty and match nothing.
func split(entry string) (name, value string) {
	name, value, _ = strings.Cut(entry, "=")
	return name, value
}
