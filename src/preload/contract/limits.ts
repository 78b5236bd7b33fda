/** The largest message on the web shell's wire, both ways; a larger one ends the connection with code 1009. */
export const MAXIMUM_MESSAGE_BYTES = 256 * 1024 * 1024;

/** In the place of a kernel's version: the real kernel of this machine. */
export const HOST_KERNEL = 'host';
