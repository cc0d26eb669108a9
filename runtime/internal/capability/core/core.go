package core

import (
	"github.com/postern-project/postern/runtime/abi"
	"github.com/postern-project/postern/runtime/internal/capability"
)

const (
	textUnits = 8       // the charge for a text of the guest, besides its bytes
	textBytes = 8 << 10 // how many of them are kept at most
)

// Core is the capability. It keeps nothing: what a module says is in the call.
type Core struct{}

var _ capability.Capability = Core{}

// New returns the capability, which needs no grant.
func New() Core { return Core{} }

// Module returns "postern_v1".
func (Core) Module() string { return abi.ModuleCore }

// Open does nothing.
func (Core) Open(*capability.Options) error { return nil }

// Functions returns the functions of postern_v1.
func (Core) Functions() map[string]capability.Function {
	return map[string]capability.Function{
		"input":       capability.WithResult(input),
		"emit":        capability.WithResult(emit),
		"fail":        fail,
		"log":         log,
		"log_enabled": capability.WithResult(logEnabled),
		"features":    func(_ *capability.Call, _ capability.Memory, stack []uint64) { stack[0] = 0 },
	}
}

func input(c *capability.Call, m capability.Memory, args []uint64) int32 {
	return m.Fill(args[0], args[1], c.Input())
}

func emit(c *capability.Call, m capability.Memory, args []uint64) int32 {
	return capability.Status(c.Emit(m.View(args[0], args[1]))) // the sink charges
}

func fail(c *capability.Call, m capability.Memory, args []uint64) {
	text := m.View(args[0], args[1])
	c.Charge(textUnits + capability.Copied(min(len(text), textBytes)))
	c.Fail(text)
}

func log(c *capability.Call, m capability.Memory, args []uint64) {
	text := m.View(args[1], args[2])
	c.Charge(textUnits + capability.Copied(min(len(text), textBytes)))
	c.Log(level(args[0]), text)
}

func logEnabled(c *capability.Call, _ capability.Memory, args []uint64) int32 {
	if c.LogEnabled(level(args[0])) {
		return 1
	}
	return 0
}

// level returns the level of the ABI for the number that a guest passed.
func level(arg uint64) abi.Level {
	switch l := abi.Level(int32(arg)); {
	case l >= abi.LevelError:
		return abi.LevelError
	case l >= abi.LevelWarn:
		return abi.LevelWarn
	case l >= abi.LevelInfo:
		return abi.LevelInfo
	}
	return abi.LevelDebug
}
