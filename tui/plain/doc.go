// Package plain is the Ham app without a screen: it writes lines and reads
// lines, and does what package tui does. It is for screen readers, serial
// lines, and programs such as expect.
//
//	         enrol link              number of the menu
//	login ─────────────▶ notices ─▶ menu ◀────────────▶ scan, apps, devices, …
//	  ▲                               │ a link, a browser's request
//	  └─── the device was removed     └────────────────▶ consent
//
// The rules:
//   - What is written is text and ends of lines, and nothing that moves, clears
//     or colours. Nothing that was written changes.
//   - Every question is a list of numbers or asks for a text. An empty line
//     repeats it, or is what the question says. b goes back, q leaves, ?
//     explains; the end of the input and Ctrl-C leave too.
//   - A line that was never ended is no answer.
//   - What happens by itself is an event (events.go): it is told while a question
//     waits, and the question after it again. Everything else waits until the
//     person has answered, so that there is one thing at a time and no lock.
//   - Nothing has a time limit but what the server ends, and a sealed key that
//     is locked after ten idle minutes. A passphrase is not shown (unlock.go).
//   - What takes something away asks for a yes, in words.
package plain
