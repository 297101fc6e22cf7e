// Package tui is the Ham app for the terminal: a signed-in person scans or
// pastes a code, sees who asks for what, and approves or refuses.
//
//	            link, picture, deep link              yes, no, time out
//	login ────▶ home ───────────────────────▶ consent ────────────────▶ result
//	  enrol      ▲                               │ esc: no answer          │
//	             ├───────────────────────────────┴─────────────────────────┘
//	             ├─────▶ passkey: a link for the browser that shall hold one
//	             └─────▶ scan: the live picture of a camera, and on to consent;
//	                     from login, too, and then back with the account
//
// A code comes to home, and an enrol link to login, from the text field, the
// clipboard, a screenshot or a watched folder, too (capture.go, sources.go).
// What becomes of it is the screen's purpose (purpose.go).
//
// The root model (tui.go) owns the window and the account, and routes with one
// switch; each screen is one file with its keys, its Update and its view.
// Screens never change one another: they send messages (messages.go), and
// everything that waits is a command (commands.go) behind the Server
// interface. Update does no input or output, and no command changes a screen.
//
// The rules of the screens:
//   - Esc goes back and Ctrl-C leaves, always, also out of a wait.
//   - Nothing is told by colour alone: marks and words say it too.
//   - A wait says what it waits for; an error says what failed and what to try.
//   - A notice of the server stays on home until the person marks it as seen.
//   - Texts from outside have passed client.Clean, and are cut by their width
//     in cells, not by bytes or runes.
package tui
