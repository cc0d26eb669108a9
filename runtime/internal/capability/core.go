package capability

import (
	"strings"
	"unicode/utf8"

	"github.com/tetratelabs/wazero/api"

	"github.com/postern-project/postern/runtime/abi"
)

// maxText is the length in bytes that a guest's text is cut to.
const maxText = 512

// coreFunctions returns postern_v1, which every module may import.
func coreFunctions() map[string]function {
	return map[string]function{
		"input":       result(coreInput),
		"emit":        result(coreEmit),
		"fail":        coreFail,
		"log":         coreLog,
		"log_enabled": result(coreLogEnabled),
		"features":    func(_ *Call, _ memory, stack []uint64) { stack[0] = 0 },
	}
}

func coreInput(c *Call, m memory, args []uint64) int32 {
	return m.fill(args[0], args[1], c.input)
}

func coreEmit(c *Call, m memory, args []uint64) int32 {
	record := m.view(args[0], args[1])
	if c.sink == nil {
		return refused(abi.Unsupported)
	}
	return refused(c.sink(record))
}

func coreFail(c *Call, m memory, args []uint64) {
	text := m.view(args[0], args[1])
	clear(c.fail)
	c.fail = append(c.fail[:0], cut(text, maxText)...)
}

func coreLog(c *Call, m memory, args []uint64) {
	level := levelOf(api.DecodeI32(args[0]))
	c.lines.add(c, level, m.view(args[1], args[2]))
}

func coreLogEnabled(c *Call, _ memory, args []uint64) int32 {
	if c.lines.full() || !c.set.log.enabled(c, levelOf(api.DecodeI32(args[0]))) {
		return 0
	}
	return 1
}

// cut returns at most n bytes of b and does not end within a character.
func cut[T []byte | string](b T, n int) T {
	if len(b) <= n {
		return b
	}
	for i := n; i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(b[i]) {
			return b[:i]
		}
	}
	return b[:n]
}

// toText copies b as UTF-8, whatever it holds.
func toText(b []byte) string { return strings.ToValidUTF8(string(b), "�") }
