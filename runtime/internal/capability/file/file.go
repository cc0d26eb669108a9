package file

import (
	"os"
	"slices"

	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
)

// minFileLimit is the smallest limit on the size of a file, in bytes: one file may
// hold many values.
const minFileLimit = 16 << 20

// Files is the capability of one provider.
type Files struct {
	opt     *capability.Options
	grants  []Grant
	granted []grantedPath // the longest path first
	given   []spelling    // the longest first
	base    string        // where the setting "path" leads, "" if it is not set
	swept   folders       // where it has looked for what killed writers left
	placed  folders       // where files of other users lie, of which it has been said

	readNames readNames
}

var _ interface {
	capability.Capability
	capability.Granted
	capability.Stateful
} = (*Files)(nil)

// New returns the capability with its grants.
func New(grants []Grant) *Files {
	return &Files{grants: slices.Clone(grants), readNames: (*os.File).Readdirnames}
}

// Module returns "postern_file_v1".
func (*Files) Module() string { return abi.ModuleFile }

// Open checks the paths of the grants. It does not open what they name. Where a ".."
// in them leads is decided here.
func (f *Files) Open(o *capability.Options) (err error) {
	f.opt = o
	if f.granted, err = parseGrants(o, f.grants); err != nil {
		return err
	}
	f.given = f.spellings()
	if o.Path != "" {
		f.base, _ = f.resolve(nil, o.Path)
	}
	return nil
}

// MissingGrant returns an example of a grant if there is none.
func (f *Files) MissingGrant() string {
	if len(f.granted) == 0 {
		return "files: [{ path: PATH }]"
	}
	return ""
}

// NewState returns the state for the calls of one instance.
func (f *Files) NewState() capability.State { return &state{readNames: f.readNames} }

// limit is the size in bytes above which a file is too large.
func (f *Files) limit() int64 { return max(f.opt.MaxValue, minFileLimit) }

// Functions returns the functions of postern_file_v1.
func (f *Files) Functions() map[string]capability.Function {
	return map[string]capability.Function{
		"read":    capability.WithResult(f.answer(f.Read)),
		"read_at": capability.WithResult(f.readAt),
		"stat":    capability.WithResult(f.answer(f.statRecord)),
		"list":    capability.WithResult(f.answer(f.list)),
		"write":   capability.WithResult(f.writeFile),
		"remove":  capability.WithResult(f.removeFile),
	}
}

// path returns the absolute, clean path that the guest named at (ptr, n).
func (f *Files) path(c *capability.Call, m capability.Memory, ptr, n uint64) (path string, status abi.Status) {
	name, ok := m.Name(ptr, n)
	if !ok || name == "" {
		return "", abi.InvalidKey
	}
	c.Charge(2*capability.SystemUnits + 3*capability.Examined(len(name))) // making it absolute and clean
	if path, ok = f.resolve(c, name); !ok {
		return "", c.Deny("what is before .. in the path is not a granted folder, or is a symbolic link", name)
	}
	return path, abi.OK
}

// answer returns the body of a host function that answers for a path with bytes.
func (f *Files) answer(read func(c *capability.Call, path string) ([]byte, abi.Status)) func(*capability.Call, capability.Memory, []uint64) int32 {
	return func(c *capability.Call, m capability.Memory, args []uint64) int32 {
		path, status := f.path(c, m, args[0], args[1])
		m.View(args[2], args[3])
		if status != abi.OK {
			return capability.Status(status)
		}
		c.EndIfDone() // the system may make the call wait
		data, status := read(c, path)
		if status != abi.OK {
			return capability.Status(status)
		}
		return m.Fill(args[2], args[3], data)
	}
}

func (f *Files) readAt(c *capability.Call, m capability.Memory, args []uint64) int32 {
	path, status := f.path(c, m, args[0], args[1])
	dst := m.View(args[3], args[4])
	if status != abi.OK {
		return capability.Status(status)
	}
	c.EndIfDone()
	data, status := f.readPart(c, path, int64(uint32(args[2])), len(dst))
	if status != abi.OK {
		return capability.Status(status)
	}
	c.Copy(dst[:len(data)], data)
	return int32(len(data))
}

func (f *Files) writeFile(c *capability.Call, m capability.Memory, args []uint64) int32 {
	path, status := f.path(c, m, args[0], args[1])
	data := m.View(args[2], args[3])
	if status != abi.OK {
		return capability.Status(status)
	}
	c.EndIfDone()
	return capability.Status(f.write(c, path, data))
}

func (f *Files) removeFile(c *capability.Call, m capability.Memory, args []uint64) int32 {
	path, status := f.path(c, m, args[0], args[1])
	if status != abi.OK {
		return capability.Status(status)
	}
	c.EndIfDone()
	return capability.Status(f.remove(c, path))
}
