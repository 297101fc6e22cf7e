package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"hamconnect/server"
)

func TestProgressOnATerminalIsABarThatEndsFull(t *testing.T) {
	var b bytes.Buffer
	now := time.Now()
	p := newProgressBar(&b)
	p.now, p.draws, p.width, p.bar, p.last = func() time.Time { return now }, true, 60, newBar(termenv.Ascii), now
	for done := range int64(11) {
		now = now.Add(drawEvery / 2) // every second one is drawn
		p.tell(server.Importing, 1000*done, 10_000)
	}
	p.tell(server.Comparing, 0, 0) // an empty database
	p.end()
	p.end()
	lines := strings.Split(b.String(), "\n")
	if len(lines) != 3 || lines[2] != "" {
		t.Fatalf("%q", lines)
	}
	drawn := strings.Split(lines[0], "\r")[1:]
	if len(drawn) < 5 || len(drawn) > 7 {
		t.Errorf("it was drawn %d times", len(drawn))
	}
	for _, line := range drawn {
		if w := ansi.StringWidth(line); w >= 60 {
			t.Errorf("%q takes %d cells", line, w)
		}
		if strings.Contains(strings.TrimSuffix(line, ansi.EraseLineRight), "\x1b") {
			t.Errorf("there is a colour in %q", line)
		}
	}
	if last := drawn[len(drawn)-1]; !strings.Contains(last, strings.Repeat("█", 19)+"  importing: 10000 of 10000 rows (100 %)") {
		t.Errorf("at the end: %q", last)
	}
}

func TestProgressOnANarrowTerminalIsWhatItSays(t *testing.T) {
	for width, want := range map[int]string{
		120: strings.Repeat("█", 30) + "  comparing: 7 of 7 rows (100 %)",
		46:  strings.Repeat("█", 13) + "  comparing: 7 of 7 rows (100 %)",
		40:  "comparing: 7 of 7 rows (100 %)",
		20:  "comparing: 7 of 7 …",
	} {
		var b bytes.Buffer
		p := newProgressBar(&b)
		p.draws, p.width, p.bar = true, width, newBar(termenv.Ascii)
		p.tell(server.Comparing, 7, 7)
		p.end()
		if got := strings.Trim(strings.TrimSuffix(b.String(), ansi.EraseLineRight+"\n"), "\r"); got != want {
			t.Errorf("on %d columns %q, want %q", width, got, want)
		}
	}
}

func TestProgressElsewhereIsALineNowAndThen(t *testing.T) {
	var b bytes.Buffer
	now := time.Now()
	p := newProgressBar(&b)
	p.now, p.last = func() time.Time { return now }, now
	for done := range int64(13) {
		p.tell(server.Exporting, done, 12)
		now = now.Add(time.Second)
	}
	p.end()
	if want := "exporting: 5 of 12 rows (41 %)\nexporting: 10 of 12 rows (83 %)\n"; b.String() != want {
		t.Errorf("%q", b.String())
	}
}
