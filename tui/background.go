package tui

import (
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/muesli/cancelreader"

	"hamconnect/tui/internal/quiet"
)

func init() { quiet.Restore() }

// answerWithin is how long a terminal may take to tell its colour: enough for
// one far away, and short enough for one that never answers.
const answerWithin = 400 * time.Millisecond

// isDark asks the terminal for its background colour, before Bubble Tea takes
// the input. One that does not tell counts as dark.
func isDark(in io.Reader, out io.Writer) bool {
	input, ok := in.(*os.File)
	output, ok2 := out.(*os.File)
	if !ok || !ok2 || !term.IsTerminal(input.Fd()) || !term.IsTerminal(output.Fd()) || os.Getenv("TERM") == "dumb" {
		return true
	}
	state, err := term.MakeRaw(input.Fd())
	if err != nil {
		return true
	}
	defer term.Restore(input.Fd(), state) //nolint:errcheck // it was set like that a moment ago
	reader, err := cancelreader.NewReader(input)
	if err != nil {
		return true
	}
	defer reader.Close() // the file stays open
	// All terminals answer the second question, and in order: after that
	// answer there is no use in waiting for one to the first.
	if _, err := io.WriteString(output, "\x1b]11;?\x1b\\\x1b[c"); err != nil {
		return true
	}
	stop := time.AfterFunc(answerWithin, func() { reader.Cancel() })
	defer stop.Stop()
	var answer []byte
	for b := make([]byte, 64); len(answer) < 512; {
		n, err := reader.Read(b)
		answer = append(answer, b[:n]...)
		if err != nil || strings.Contains(string(answer), "\x1b[?") && strings.HasSuffix(string(answer), "c") {
			break
		}
	}
	return dark(string(answer))
}

var background = regexp.MustCompile(`\x1b\]11;rgb:([0-9a-fA-F]{2})[0-9a-fA-F]*/([0-9a-fA-F]{2})[0-9a-fA-F]*/([0-9a-fA-F]{2})`)

// dark judges a terminal's answer by the brightness that the eye sees.
func dark(answer string) bool {
	m := background.FindStringSubmatch(answer)
	if m == nil {
		return true
	}
	part := func(hex string) float64 { n, _ := strconv.ParseUint(hex, 16, 8); return float64(n) }
	return 0.2126*part(m[1])+0.7152*part(m[2])+0.0722*part(m[3]) < 128
}
