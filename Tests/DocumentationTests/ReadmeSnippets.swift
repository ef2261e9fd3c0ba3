import EventMemory
import Testing
