package softkey

// Fault makes one thing of an answer wrong. Where what it alters is signed,
// the signature is made over the altered thing.
type Fault func(*draft)

// Faults without a parameter.
var (
	// BadSignature spoils the signature's last bit.
	BadSignature Fault = func(d *draft) { d.spoil = true }

	// NotPresent clears the flag UP, NotVerified the flag UV.
	NotPresent  Fault = func(d *draft) { d.flags &^= flagUP }
	NotVerified Fault = func(d *draft) { d.flags &^= flagUV }

	// FlipBackupEligible turns the flag BE, and BS with it if it was set.
	FlipBackupEligible Fault = func(d *draft) {
		d.flags ^= flagBE
		if d.flags&flagBE == 0 {
			d.flags &^= flagBS
		}
	}

	// BackedUpNotEligible sets the flag BS and clears BE, which no
	// authenticator may.
	BackedUpNotEligible Fault = func(d *draft) { d.flags = d.flags&^flagBE | flagBS }

	// BackedUp sets the flag BS: a key that can be synced now is.
	BackedUp Fault = func(d *draft) { d.flags |= flagBS }

	// NoUserHandle sends null for the user handle.
	NoUserHandle Fault = func(d *draft) { d.handle = nil }

	// EmptyUserHandle sends an empty text for it.
	EmptyUserHandle Fault = func(d *draft) { d.handle = []byte{} }

	// NotDiscoverable says in credProps that the key was not kept.
	NotDiscoverable Fault = func(d *draft) { d.rk = false }

	// Strange adds members and extension outputs that nobody asked for, and
	// gives one that is known another type. It is no fault of the answer.
	Strange Fault = func(d *draft) { d.strange = true }
)

// Type gives the client data another type, such as "webauthn.create" in Get.
func Type(t string) Fault { return func(d *draft) { d.page.Type = t } }

// Challenge answers another challenge.
func Challenge(c []byte) Fault { return func(d *draft) { d.page.Challenge = c } }

// CrossOrigin answers from a frame in a page with the origin top, which
// older browsers leave out.
func CrossOrigin(top string) Fault {
	return func(d *draft) { d.page.CrossOrigin, d.page.TopOrigin = true, top }
}

// RPID signs for another relying party.
func RPID(id string) Fault { return func(d *draft) { d.rpID = id } }

// Count gives the signature count.
func Count(n uint32) Fault { return func(d *draft) { d.count = n } }

// UserHandle sends another user handle.
func UserHandle(h []byte) Fault { return func(d *draft) { d.handle = h } }

// ID sends another id, and rawId with it.
func ID(id []byte) Fault { return func(d *draft) { d.id, d.rawID = id, id } }

// RawID sends another rawId than id.
func RawID(id []byte) Fault { return func(d *draft) { d.rawID = id } }

// TruncateAuthData leaves n bytes out at the end of the authenticator data.
func TruncateAuthData(n int) Fault { return func(d *draft) { d.cut = n } }

// Oversize makes the JSON n bytes larger.
func Oversize(n int) Fault { return func(d *draft) { d.pad = n } }

// Deep nests n arrays in the JSON.
func Deep(n int) Fault { return func(d *draft) { d.deep = n } }

// Using chooses the key with this id, whatever the options allow. It is no
// fault if the options allow it.
func Using(id []byte) Fault { return func(d *draft) { d.using = id } }
