package capability

import (
	"fmt"
	"io/fs"

	"github.com/postern-project/postern/runtime/abi"
)

// fileFunctions returns postern_file_v1.
func fileFunctions() map[string]function {
	return map[string]function{
		"read": result(answering((*Call).read)), "stat": result(answering((*Call).statFields)), "list": result(answering((*Call).list)),
		"write": result(fileWrite), "remove": result(fileRemove),
	}
}

// filePath returns the absolute, clean path that the guest named at (ptr, n).
func filePath(c *Call, m memory, ptr, n uint64) (path string, status abi.Status) {
	text, ok := textOf(m.view(ptr, n))
	if !ok || text == "" {
		return "", abi.InvalidKey
	}
	return absolute(c.set.opt.Dir, text), abi.OK
}

// answering makes a function of one that answers for a path with bytes.
func answering(f func(c *Call, path string) ([]byte, abi.Status)) func(*Call, memory, []uint64) int32 {
	return func(c *Call, m memory, args []uint64) int32 {
		path, status := filePath(c, m, args[0], args[1])
		m.view(args[2], args[3])
		if status != abi.OK {
			return refused(status)
		}
		data, status := f(c, path)
		if status != abi.OK {
			return refused(status)
		}
		return m.fill(args[2], args[3], data)
	}
}

// statFields returns what stat tells a guest.
func (c *Call) statFields(path string) ([]byte, abi.Status) {
	info, status := c.stat(path)
	if status != abi.OK {
		return nil, status
	}
	c.scratch = appendInfo(c.scratch[:0], info)
	c.scratch = abi.Append(c.scratch, abi.TagVersion, []byte(version(info)))
	return c.scratch, abi.OK
}

func fileWrite(c *Call, m memory, args []uint64) int32 {
	path, status := filePath(c, m, args[0], args[1])
	data := m.view(args[2], args[3])
	if status != abi.OK {
		return refused(status)
	}
	return refused(c.write(path, data))
}

func fileRemove(c *Call, m memory, args []uint64) int32 {
	path, status := filePath(c, m, args[0], args[1])
	if status != abi.OK {
		return refused(status)
	}
	return refused(c.remove(path))
}

// appendInfo appends the kind and the size of a file or folder.
func appendInfo(dst []byte, info fs.FileInfo) []byte {
	if info.IsDir() {
		return abi.AppendUint64(abi.AppendUint32(dst, abi.TagKind, abi.KindFolder), abi.TagSize, 0)
	}
	return abi.AppendUint64(abi.AppendUint32(dst, abi.TagKind, abi.KindFile), abi.TagSize, uint64(info.Size()))
}

// version names a state of a file. It comes from what the file system knows, so
// it tells nothing of the content.
func version(info fs.FileInfo) string {
	return fmt.Sprintf("%x-%x-%x", uint64(info.ModTime().UnixNano()), info.Size(), inode(info))
}
