import { supervise } from '../stage/supervisor.ts'

// npm start: nothing heavy is loaded here, the server loads it
supervise(['--demo'], process.env)
