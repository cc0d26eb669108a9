package capability

import (
	"fmt"
	"io/fs"

	"github.com/postern-project/postern/runtime/abi"
)

// fileFunctions returns postern_file_v1.
func fileFunctions() map[string]function {
	return map[string]function{
		"read": result(fileRead), "stat": result(fileStat), "list": result(fileList),
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

func fileRead(c *Call, m memory, args []uint64) int32 {
	path, status := filePath(c, m, args[0], args[1])
	m.view(args[2], args[3])
	if status != abi.OK {
		return refused(status)
	}
	data, status := c.read(path)
	if status != abi.OK {
		return refused(status)
	}
	return m.fill(args[2], args[3], data)
}

func fileStat(c *Call, m memory, args []uint64) int32 {
	path, status := filePath(c, m, args[0], args[1])
	m.view(args[2], args[3])
	if status != abi.OK {
		return refused(status)
	}
	info, status := c.stat(path)
	if status != abi.OK {
		return refused(status)
	}
	c.scratch = appendInfo(c.scratch[:0], info)
	c.scratch = abi.Append(c.scratch, abi.TagVersion, []byte(version(info)))
	return m.fill(args[2], args[3], c.scratch)
}

func fileList(c *Call, m memory, args []uint64) int32 {
	path, status := filePath(c, m, args[0], args[1])
	m.view(args[2], args[3])
	if status != abi.OK {
		return refused(status)
	}
	list, status := c.list(path)
	if status != abi.OK {
		return refused(status)
	}
	return m.fill(args[2], args[3], list)
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
