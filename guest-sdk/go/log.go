package postern

import "github.com/postern-project/postern/runtime/abi"

// Level is the severity of a log line; the numbers are those of log/slog.
type Level int32

// The levels.
const (
	Debug = Level(abi.LevelDebug)
	Info  = Level(abi.LevelInfo)
	Warn  = Level(abi.LevelWarn)
	Error = Level(abi.LevelError)
)

// Log writes one line to the guest log. The host cuts it to 512 bytes, masks
// released values, and limits the number of lines per call.
func Log(l Level, text string) { rawLog(int32(l), pointer(text), uint32(len(text))) }

// LogEnabled reports whether lines of this level are logged.
func LogEnabled(l Level) bool { return rawLogEnabled(int32(l)) != 0 }
