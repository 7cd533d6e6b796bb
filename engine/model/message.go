package model

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Message is text for people that can be said in several languages: an English fmt format and its arguments. The JSON
// form, and String, are the English text. A renderer for another language looks the format up in its own catalogue and
// fills in the same arguments (which may themselves be Messages).
type Message struct {
	Format string
	Args   []any
	// Korean is the Korean format, for text that comes from a rule pack; "" = the renderer's catalogue has it.
	Korean string
}

// Say builds a message. Translations refer to arguments by position, so the order of args is part of the format.
func Say(format string, args ...any) Message { return Message{Format: format, Args: args} }

// Verbatim is a message that is the same in every language.
func Verbatim(text string) Message { return Message{Format: "%s", Args: []any{text}} }

// String is the English text.
func (m Message) String() string {
	if len(m.Args) == 0 {
		return m.Format
	}
	return fmt.Sprintf(m.Format, m.Args...)
}

// IsZero tells whether nothing is said.
func (m Message) IsZero() bool { return m.Format == "" }

// MarshalJSON writes the English text. Characters that matter in HTML only are left as they are, as in every other string
// of a Diagnosis.
func (m Message) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(m.String())
	return bytes.TrimRight(b.Bytes(), "\n"), err
}

// UnmarshalJSON reads a text back as a message without arguments.
func (m *Message) UnmarshalJSON(b []byte) error {
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*m = Message{}
	if s != "" {
		*m = Verbatim(s)
	}
	return nil
}
