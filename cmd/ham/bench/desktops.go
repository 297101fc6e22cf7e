package bench

import (
	"sync"
	"time"
)

// Desktops are those of the scenario waiting.
type Desktops struct {
	OpenedFor   float64 `json:"opened_seconds"` // how long it took to open all of them
	AtBegin     int     `json:"at_begin"`       // of the measured part, that were open
	AtEnd       int     `json:"at_end"`
	OpenedAgain int     `json:"opened_again"` // meanwhile, in place of others that were over
}

// watchDesktops counts them at the beginning and at the end of the measured part
// of a load that begins now. What it gives is called when the load is over.
func watchDesktops(s scenario, o Options) func() *Desktops {
	w, ok := s.(*waiting)
	if !ok {
		return func() *Desktops { return nil }
	}
	var mu sync.Mutex // guards d, before and over
	d, before, over := Desktops{OpenedFor: w.openedFor.Seconds()}, 0, false
	begin := func() {
		mu.Lock()
		defer mu.Unlock()
		d.AtBegin, before = w.desktops()
	}
	end := func() {
		mu.Lock()
		defer mu.Unlock()
		if over {
			return
		}
		over = true
		var opened int
		d.AtEnd, opened = w.desktops()
		d.OpenedAgain = opened - before
	}
	atBegin, atEnd := time.AfterFunc(o.WarmUp, begin), time.AfterFunc(o.WarmUp+o.Duration, end)
	return func() *Desktops {
		atBegin.Stop()
		atEnd.Stop()
		end() // the last arrival may be over before its time is
		mu.Lock()
		defer mu.Unlock()
		return &d
	}
}
