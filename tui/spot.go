package tui

// spot is where the cursor stood when another screen was opened.
type spot struct {
	name string // of the entry, or its id
	at   int    // its place, for when there is no such entry any more
}

// leave remembers where the cursor of a screen stands, for when the person
// comes back from what is opened.
func (a *app) leave(screen string, where spot) {
	if a.left == nil {
		a.left = map[string]spot{}
	}
	if screen != "" {
		a.left[screen] = where
	}
}

// comeBack gives what leave has remembered, once.
func (a *app) comeBack(screen string) spot {
	where := a.left[screen]
	delete(a.left, screen)
	return where
}
