import { mount } from 'svelte';
import './theme/tokens.css';
import './theme/base.css';
import App from './app/App.svelte';
import { connect } from './state/transport.ts';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no element #app');
mount(App, { target, props: { connection: connect() } });
