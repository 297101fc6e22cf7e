package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/charmbracelet/bubbles/progress"
	"github.com/charmbracelet/x/ansi"
	"github.com/muesli/termenv"

	"hamconnect/server"
)

const (
	widestBar = 30
	drawEvery = 100 * time.Millisecond
	sayEvery  = 5 * time.Second // where there is no terminal
)

// progressBar shows how far something is: as a bar on a terminal, and as a line
// now and then elsewhere.
type progressBar struct {
	w     io.Writer
	now   func() time.Time
	draws bool
	width int
	bar   progress.Model

	stage server.Stage
	last  time.Time // that it said something
	open  bool      // the line on the terminal is not ended
}

func newProgressBar(w io.Writer) *progressBar {
	return &progressBar{
		w: w, now: time.Now, draws: isTerminal(w) && os.Getenv("TERM") != "dumb", width: widthOf(w),
		bar: newBar(termenv.NewOutput(w).EnvColorProfile()), last: time.Now(),
	}
}

// newBar draws in a blue that is seen on light and on dark; a profile without
// colours leaves the shapes.
func newBar(profile termenv.Profile) progress.Model {
	return progress.New(progress.WithSolidFill("#5a8fc4"), progress.WithColorProfile(profile), progress.WithoutPercentage(), progress.WithWidth(widestBar))
}

// tell takes how many of all rows stage has done.
func (p *progressBar) tell(stage server.Stage, done, all int64) {
	if p.stage != stage {
		p.end()
		p.stage = stage
	}
	now, every := p.now(), sayEvery
	if p.draws {
		every = drawEvery
	}
	if now.Sub(p.last) < every && (!p.draws || done < all) {
		return
	}
	p.last = now
	share := 1.0
	if all > 0 {
		share = float64(done) / float64(all)
	}
	text := fmt.Sprintf("%s: %d of %d rows (%d %%)", stage, done, all, int(100*share))
	if !p.draws {
		fmt.Fprintln(p.w, text)
		return
	}
	room := max(p.width-1, narrowest)
	line := text // says it without a bar where there is no place for both
	if p.bar.Width = min(widestBar, room-len(text)-2); p.bar.Width >= narrowest {
		line = p.bar.ViewAs(share) + "  " + text
	}
	line = ansi.Truncate(line, room, "…")
	fmt.Fprint(p.w, "\r"+line+ansi.EraseLineRight)
	p.open = true
}

// end leaves what was drawn and begins a new line.
func (p *progressBar) end() {
	if p.open {
		fmt.Fprintln(p.w)
	}
	p.open = false
}
