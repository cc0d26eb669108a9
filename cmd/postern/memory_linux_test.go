package main_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The memory of a command that is about to write a value has it once, in the text that
// it writes, besides protected memory. Every format is held to that.
func TestResultIsInMemoryOnce(t *testing.T) {
	t.Parallel()
	value := bigValue()
	mark := value[len(value)-moreThanRegisters:]
	for _, args := range [][]string{
		{"get", "big"}, {"get", "--format", "json", "big"}, {"get", "--format", "base64", "big"},
		{"export", "-f", "json", "--only", "big"}, {"export", "-f", "shell", "--only", "big"}, {"export", "-f", "yaml", "--only", "big"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			t.Parallel()
			cmd, stderr := command(t, args...)
			cmd.Env = append(cmd.Env, "POSTERN_ALLOW_DEBUG=1")
			writeStore(t, cmd.Dir, map[string]string{"big": value})
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			if _, err := out.Read(make([]byte, 1)); err != nil { // it writes, and cannot continue
				t.Fatal(err, stderr)
			}
			if places := inMemory(t, cmd.Process.Pid, mark); len(places) > 1 {
				t.Errorf("the value is in memory %d times: %q", len(places), places)
			}
			if _, err := io.Copy(io.Discard, out); err != nil {
				t.Error(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err, stderr)
			}
		})
	}
}

// While the command of run lives, postern keeps at most the copy that the Go library
// makes to start it, which it cannot wipe.
func TestRunKeepsNoValue(t *testing.T) {
	t.Parallel()
	value := bigValue()[:moreThanRegisters]
	for _, mask := range []string{"on", "off"} {
		cmd, stderr := command(t, "run", "--mask", mask, "--only", "big", "--", "sh", "-c", "echo begun; read rest")
		cmd.Env = append(cmd.Env, "POSTERN_ALLOW_DEBUG=1")
		writeStore(t, cmd.Dir, map[string]string{"big": value})
		stdin, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "begun\n" {
			t.Fatalf("%q, %v: %s", line, err, stderr)
		}
		if places := inMemory(t, cmd.Process.Pid, value); len(places) > 1 {
			t.Errorf("masks %s: the value is in memory %d times: %q", mask, len(places), places)
		}
		_, _ = io.WriteString(stdin, "\n")
		if err := cmd.Wait(); err != nil {
			t.Error(err, stderr)
		}
	}
}

// moreThanRegisters is a length that the vector registers of a thread cannot hold: what
// is in them is on a stack when the Go runtime interrupts a copy.
const moreThanRegisters = 4 << 10

// bigValue returns a value that is larger than a pipe and ends with text that is
// nowhere else.
func bigValue() string {
	var b strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&b, "%d line;", i)
	}
	return b.String()
}

// inMemory returns where a text is in the memory of a process, with the text before
// it. It leaves out protected memory, which the system leaves out of core files.
func inMemory(t *testing.T, pid int, text string) (places []string) {
	t.Helper()
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", pid))
	if err != nil {
		t.Skipf("the mappings of the command cannot be read: %v", err)
	}
	mem, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		t.Skipf("the memory of the command cannot be read: %v", err)
	}
	defer mem.Close()
	var from, to uint64
	for line := range strings.Lines(string(maps)) {
		fields := strings.Fields(line)
		if first, last, ok := strings.Cut(fields[0], "-"); ok {
			from, _ = strconv.ParseUint(first, 16, 64)
			to, _ = strconv.ParseUint(last, 16, 64)
		}
		if fields[0] != "VmFlags:" || !slices.Contains(fields, "rd") || slices.Contains(fields, "dd") || slices.Contains(fields, "io") {
			continue
		}
		b := make([]byte, to-from)
		n, _ := mem.ReadAt(b, int64(from)) // what is not there cannot be read
		for b = b[:n]; ; {
			i := bytes.Index(b, []byte(text))
			if i < 0 {
				break
			}
			places = append(places, fmt.Sprintf("%s: %q", fields, b[max(0, i-32):i]))
			b = b[i+len(text):]
		}
	}
	return places
}
